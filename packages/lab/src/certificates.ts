import { execFile } from 'node:child_process';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withTempDir } from './process/temp-dir.ts';

/** What is right or wrong with a server certificate. */
export type CertificateKind = 'valid' | 'expired' | 'wrong-host' | 'self-signed';

export interface CertificateFiles {
  certFile: string;
  keyFile: string;
}

export interface Certificates {
  /** The lab's own authority, PEM. Clients trust this one file. */
  caFile: string;
  /** One server certificate of each kind; all but 'self-signed' are signed by the authority. */
  server: Record<CertificateKind, CertificateFiles>;
}

const HERE = 'DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3';
const NOW_ON = ['20200101000000Z', '20491231235959Z'] as const;
const LONG_AGO = ['20200101000000Z', '20200201000000Z'] as const;

const FILES = ['ca.crt', 'server.key', 'valid.crt', 'expired.crt', 'wrong-host.crt', 'self-signed.crt'] as const;

/** The contents of FILES. One authority for all labs of a process: it takes nine runs of openssl, and tests start hundreds of servers. */
let ofThisProcess: Promise<readonly Buffer[]> | undefined;

/** Puts an authority's certificate and its server certificates into `dir`; takes those already there. */
export async function createCertificates(dir: string): Promise<Certificates> {
  const file = (name: string): string => join(dir, name);
  const pair = (kind: CertificateKind): CertificateFiles => ({
    certFile: file(`${kind}.crt`),
    keyFile: file('server.key'),
  });
  const certificates: Certificates = {
    caFile: file('ca.crt'),
    server: {
      valid: pair('valid'),
      expired: pair('expired'),
      'wrong-host': pair('wrong-host'),
      'self-signed': pair('self-signed'),
    },
  };
  if (await exists(file('done'))) return certificates;

  ofThisProcess ??= withTempDir(issue);
  const contents = await ofThisProcess;
  await mkdir(dir, { recursive: true });
  const mode = 0o600;
  await Promise.all(contents.map((content, index) => writeFile(file(FILES[index] ?? ''), content, { mode })));
  await writeFile(file('done'), '');
  return certificates;
}

/** Makes all with openssl, in a folder of their own. */
async function issue(dir: string): Promise<Buffer[]> {
  const file = (name: string): string => join(dir, name);
  await mkdir(file('issued'));
  await Promise.all([
    writeFile(file('index.txt'), ''),
    writeFile(file('serial'), '1000\n'),
    writeFile(file('ca.conf'), authorityConf(dir)),
    ...(['ca.key', 'server.key'] as const).map((name) =>
      openssl(dir, 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out', name),
    ),
  ]);
  await openssl(
    dir,
    'req -x509 -new -config ca.conf -key ca.key -days 9000 -subj',
    '/CN=mxodus lab authority',
    '-out',
    'ca.crt',
  );
  await openssl(dir, 'req -new -config ca.conf -key server.key -subj', '/CN=localhost', '-out', 'server.csr');
  await openssl(
    dir,
    'x509 -req -in server.csr -signkey server.key -days 9000 -extfile ca.conf -extensions here -out',
    'self-signed.crt',
  );
  // One after the other: they share the authority's serial file.
  await sign(dir, 'valid', 'here', NOW_ON);
  await sign(dir, 'expired', 'here', LONG_AGO);
  await sign(dir, 'wrong-host', 'elsewhere', NOW_ON);
  return Promise.all(FILES.map((name) => readFile(file(name))));
}

function authorityConf(dir: string): string {
  return `[ca]
default_ca = lab
[lab]
new_certs_dir = ${dir}/issued
database = ${dir}/index.txt
serial = ${dir}/serial
certificate = ${dir}/ca.crt
private_key = ${dir}/ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
commonName = mxodus lab
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[here]
subjectAltName = ${HERE}
[elsewhere]
subjectAltName = DNS:elsewhere.example
`;
}

function sign(
  dir: string,
  kind: CertificateKind,
  extensions: string,
  [from, until]: readonly [string, string],
): Promise<void> {
  const fixed = 'ca -batch -notext -config ca.conf -in server.csr -extensions';
  return openssl(dir, fixed, extensions, '-startdate', from, '-enddate', until, '-out', `${kind}.crt`);
}

async function openssl(dir: string, words: string, ...rest: string[]): Promise<void> {
  await promisify(execFile)('/usr/bin/openssl', [...words.split(' '), ...rest], { cwd: dir });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
