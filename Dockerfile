# mxodus with all its commands: `docker run … plan`, and by docker-compose.yml the workers of a fleet (docs/fleet.md).
FROM node:26.10.0-bookworm-slim AS build
WORKDIR /app
# What is copied: .dockerignore lists it.
COPY . .
RUN npm ci --ignore-scripts && npm run build \
 # A package with sources beside it runs these, and tests are for who develops it.
 && rm -rf apps/*/src packages/*/src && find apps packages -name '*.test.*' -delete \
 # The Node of the base image is used, not that of the lock file (an optional package).
 && npm ci --ignore-scripts --omit=dev --omit=optional && npm cache clean --force

FROM node:26.10.0-bookworm-slim
ENV NODE_ENV=production
# Owned by root: the program cannot change itself.
COPY --from=build --chown=root:root /app/node_modules /app/node_modules
COPY --from=build --chown=root:root /app/packages /app/packages
COPY --from=build --chown=root:root /app/apps /app/apps
# Where a config is mounted; `.mxodus` beside it is the only folder mxodus writes to, and its parts of large messages are in /tmp.
WORKDIR /config
USER node
EXPOSE 9464
# Of a worker that listens at the usual port; compose switches it off for the other commands.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1: mxodus answers SIGTERM itself, and has no children that outlive it.
ENTRYPOINT ["node", "--max-semi-space-size=8", "/app/apps/cli/bin/mxodus.mjs"]
CMD ["--help"]
