import { connect, type Socket } from 'node:net';
import { type ClientPiece, createAnswerScanner, createCommandScanner, type ServerPiece } from './command-scanner.ts';
import { createDelayedLink } from './delayed-link.ts';
import type { CutKind, Rule, Rules } from './rules.ts';

export interface Traffic {
  delayMs: number;
  bytesToServer: number;
  bytesToClient: number;
  commands: Map<string, number>;
}

export interface ProxiedConnection {
  cut(end: CutKind): void;
}

export interface ConnectionOptions {
  client: Socket;
  target: { host: string; port: number };
  rules: Rules;
  traffic: Traffic;
  onGone(): void;
}

/** A command whose answer a rule waits for; what the client sends after it is held. */
interface Awaited {
  rule: Rule;
  tag: string;
  complete: boolean;
  held: Buffer[];
}

/** Connects a client to the target, and does to the connection what the rules say. */
export function proxyConnection({ client, target, rules, traffic, onGone }: ConnectionOptions): ProxiedConnection {
  const server = connect({ ...target, noDelay: true, allowHalfOpen: true });
  const up = createDelayedLink(client, server, () => traffic.delayMs);
  const down = createDelayedLink(server, client, () => traffic.delayMs);
  const commands = createCommandScanner();
  const answers = createAnswerScanner();
  let opaque = false;
  let silent = false;
  let awaited: Awaited | null = null;
  let inside: { rule: Rule; left: number } | null = null;

  const cut = (end: CutKind): void => {
    silent = true;
    for (const socket of [client, server]) {
      if (end === 'rst') socket.resetAndDestroy();
      else socket.destroySoon();
    }
    onGone();
  };
  const strike = (rule: Rule): void => {
    rule.hit();
    cut(rule.end);
  };
  const toServer = (bytes: Buffer): void => {
    traffic.bytesToServer += bytes.length;
    up.send(bytes);
  };
  const toClient = (bytes: Buffer): void => {
    traffic.bytesToClient += bytes.length;
    down.send(bytes);
  };

  const beginCommand = (tag: string, text: string): void => {
    const rule = rules.match(text);
    if (rule?.action.kind === 'before') {
      strike(rule);
      return;
    }
    const name = commandName(text);
    traffic.commands.set(name, (traffic.commands.get(name) ?? 0) + 1);
    if (name === 'STARTTLS' || name === 'COMPRESS') opaque = true;
    if (rule?.action.kind === 'stall') {
      silent = true;
      rule.hit();
    } else if (rule?.action.kind === 'inside') inside = { rule, left: rule.action.bytes };
    else if (rule?.action.kind === 'after') awaited = { rule, tag, complete: false, held: [] };
  };
  const passInside = (bytes: Buffer, ends: boolean, open: { rule: Rule; left: number }): void => {
    toServer(bytes.subarray(0, open.left));
    open.left -= bytes.length;
    if (open.left > 0 && !ends) return;
    silent = true;
    // The part must get out before a reset throws away what is still here.
    setTimeout(() => strike(open.rule), traffic.delayMs + 50);
  };
  const readCommand = ({ bytes, begins, ends }: ClientPiece): void => {
    if (silent) return;
    if (awaited?.complete) {
      awaited.held.push(bytes);
      return;
    }
    if (begins) beginCommand(begins.tag, begins.text);
    if (silent) return;
    if (inside) {
      passInside(bytes, ends !== undefined, inside);
      return;
    }
    toServer(bytes);
    if (awaited && ends?.tag === awaited.tag) awaited.complete = true;
  };
  const readAnswer = ({ bytes, answer }: ServerPiece): void => {
    if (silent) return;
    if (answer) commands.answered(answer.tag);
    if (answer && answer.tag === awaited?.tag) {
      const { rule, held } = awaited;
      if (answer.ok) {
        strike(rule);
        return;
      }
      awaited = null;
      rule.spare();
      for (const piece of held) toServer(piece);
    }
    toClient(bytes);
  };

  client.on('data', (chunk: Buffer) => {
    if (opaque) toServer(chunk);
    else for (const piece of commands.feed(chunk)) readCommand(piece);
  });
  server.on('data', (chunk: Buffer) => {
    if (opaque) toClient(chunk);
    else for (const piece of answers(chunk)) readAnswer(piece);
  });
  for (const { socket, link } of [
    { socket: client, link: up },
    { socket: server, link: down },
  ]) {
    socket.on('end', () => {
      if (!silent) link.end();
    });
    // One side is lost: so is the other.
    socket.on('error', () => cut('rst'));
    socket.on('close', () => {
      if (client.destroyed && server.destroyed) onGone();
    });
  }
  return { cut };
}

function commandName(text: string): string {
  const words = text.toUpperCase().split(' ');
  return words[0] === 'UID' ? words.slice(0, 2).join(' ') : (words[0] ?? '');
}
