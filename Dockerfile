FROM node:22-alpine AS build
WORKDIR /suite
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN node build.js

FROM node:22-alpine
COPY --from=build /suite/package.json /suite/package.json
COPY --from=build /suite/dist /suite/dist
# Findings and `explain` name the place in them.
COPY --from=build /suite/schemas /suite/schemas
# Reports go here: everybody may write, so that any --user does.
RUN mkdir -m 1777 /work
WORKDIR /work
USER node
ENTRYPOINT ["node", "/suite/dist/cli.js"]
CMD ["--help"]
