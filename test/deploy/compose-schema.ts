import { z } from 'zod';

/**
 * The part of the Compose specification (2026-11) that docker-compose.yml uses. Keys that are not here are refused: a misspelt one would
 * be refused by Docker only, which the tests do not have.
 */
const seconds = z.string().regex(/^\d+s$/);
const size = z.string().regex(/^\d+[kmg]$/);
const words = z.array(z.string());

const healthcheck = z.union([
  z.strictObject({ disable: z.literal(true) }),
  z.strictObject({
    test: z.union([z.tuple([z.literal('CMD-SHELL'), z.string()]), z.tuple([z.literal('CMD'), z.string()], z.string())]),
    interval: seconds,
    timeout: seconds,
    retries: z.int().positive(),
    start_period: seconds.optional(),
  }),
]);

const service = z.strictObject({
  image: z.string(),
  build: z.literal('.').optional(),
  profiles: words.optional(),
  command: z.union([z.string(), words]).optional(),
  working_dir: z.string().optional(),
  user: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
  env_file: z.array(z.strictObject({ path: z.string(), required: z.boolean() })).optional(),
  secrets: words.optional(),
  volumes: z.array(z.string().regex(/^[^:]+:\/[^:]*(:ro)?$/)).optional(),
  tmpfs: z.array(z.string().regex(/^\/[^:]*:size=\d+[kmg](,(uid|gid|mode)=\d+)*$/)).optional(),
  networks: words.optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  restart: z.enum(['no', 'unless-stopped']).optional(),
  read_only: z.boolean().optional(),
  cap_drop: words.optional(),
  security_opt: words.optional(),
  shm_size: size.optional(),
  stop_grace_period: seconds.optional(),
  healthcheck: healthcheck.optional(),
  deploy: z.strictObject({ replicas: z.int().positive() }).optional(),
  logging: z
    .strictObject({
      driver: z.literal('json-file'),
      options: z.strictObject({ 'max-size': size, 'max-file': z.string().regex(/^\d+$/) }),
    })
    .optional(),
});

export const composeSchema = z
  .looseObject({
    name: z.string(),
    services: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), service),
    networks: z.record(z.string(), z.strictObject({ internal: z.literal(true).optional() })),
    volumes: z.record(z.string(), z.strictObject({})),
    secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
  })
  // Beside these, fragments (`x-…`) that are merged into others.
  .refine((file) => Object.keys(file).every((key) => key.startsWith('x-') || KNOWN.includes(key)), 'unknown key');

const KNOWN = ['name', 'services', 'networks', 'volumes', 'secrets'];

export type ComposeFile = z.output<typeof composeSchema>;
export type ComposeService = z.output<typeof service>;
