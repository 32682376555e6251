import type { ComposeFile, ComposeService } from './compose-schema.ts';

/** A version down to the patch, as the image counts: another day must not bring another program. */
export const PINNED = /^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)*$/;
const SECRET_NAME = /PASS|SECRET|TOKEN|URL|KEY/;

/** What is wrong with the file beside its form, as "where: what"; [] when nothing is. */
export function composeBreaches(file: ComposeFile): string[] {
  const services = Object.entries(file.services);
  const breaches = services.flatMap(([name, service]) => [
    ...(PINNED.test(service.image) ? [] : [`${name}: image ${service.image} is not pinned`]),
    ...secretsInSight(service).map((what) => `${name}: ${what}`),
    ...(isTry(service) ? [] : hardened(service).map((what) => `${name}: ${what}`)),
    ...unknownNames(service, file).map((what) => `${name}: ${what}`),
  ]);
  return [...breaches, ...unused(file)];
}

/** The demo and the tests: containers that are thrown away, which install Debian packages. */
const isTry = ({ profiles }: ComposeService): boolean => profiles?.includes('try') === true;

function hardened(service: ComposeService): string[] {
  const { build, user, healthcheck, networks, volumes = [] } = service;
  const wanted: [boolean, string][] = [
    [service.read_only === true, 'its root is not read-only'],
    [service.cap_drop?.includes('ALL') === true, 'it keeps capabilities'],
    [service.security_opt?.includes('no-new-privileges:true') === true, 'it may gain privileges'],
    [service.restart !== undefined, 'it does not say whether it is restarted'],
    [service.logging !== undefined, 'its log may fill the disk'],
    [service.stop_grace_period !== undefined, 'it does not say how long it may take to stop'],
    // What is built from the Dockerfile has both from there.
    [build !== undefined || healthcheck !== undefined, 'it has no health check'],
    [build !== undefined || (user !== undefined && !/^(root|0)\b/.test(user)), 'it runs as root'],
    [networks !== undefined, 'it is in no network of its own choice'],
    [!volumes.some((volume) => volume.includes('docker.sock')), 'it may command Docker'],
  ];
  return wanted.filter(([isSo]) => !isSo).map(([, what]) => what);
}

function secretsInSight({ environment = {}, command = '' }: ComposeService): string[] {
  const names = Object.keys(environment).filter((name) => SECRET_NAME.test(name) && !name.endsWith('_FILE'));
  const text = [command].flat().join(' ');
  return [
    ...names.map((name) => `${name} in its environment is seen by everybody who may ask Docker`),
    ...(/--(requirepass|password)|\b[a-z]+:\/\/[^/\s]*:[^/\s]*@/.test(text) ? ['a password in its command line'] : []),
  ];
}

function unknownNames({ depends_on = {}, secrets, networks, volumes }: ComposeService, file: ComposeFile): string[] {
  const missing = (names: readonly string[], known: object, kind: string): string[] =>
    names.filter((name) => !(name in known)).map((name) => `no ${kind} ${name}`);
  const unwatched = Object.keys(depends_on).filter((name) => file.services[name]?.healthcheck === undefined);
  return [
    ...missing(Object.keys(depends_on), file.services, 'service'),
    ...unwatched.map((name) => `it waits for ${name} to be healthy, which has no health check`),
    ...missing(secrets ?? [], file.secrets, 'secret'),
    ...missing(networks ?? [], file.networks, 'network'),
    ...missing(volumesOf(volumes), file.volumes, 'volume'),
  ];
}

/** Names, not paths. */
const volumesOf = (volumes: readonly string[] = []): string[] =>
  volumes.map((volume) => volume.split(':')[0] ?? '').filter((source) => !/^[./]/.test(source));

function unused(file: ComposeFile): string[] {
  const services = Object.values(file.services);
  const used = {
    secret: services.flatMap(({ secrets = [] }) => secrets),
    network: services.flatMap(({ networks = ['default'] }) => networks),
    volume: services.flatMap(({ volumes }) => volumesOf(volumes)),
  };
  const declared = { secret: file.secrets, network: file.networks, volume: file.volumes };
  return (['secret', 'network', 'volume'] as const).flatMap((kind) =>
    Object.keys(declared[kind])
      .filter((name) => !used[kind].includes(name))
      .map((name) => `nobody uses the ${kind} ${name}`),
  );
}
