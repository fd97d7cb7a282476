FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# glibc goes into the binary, since the image below holds nothing else. Naming the target, even as the machine's own,
# keeps the flag away from procedural macros, which cannot be static.
ENV CARGO_BUILD_TARGET=host-tuple RUSTFLAGS="-C target-feature=+crt-static"

# The dependencies, in a layer of their own that lasts until Cargo.toml or Cargo.lock changes.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && touch src/lib.rs && echo 'fn main() {}' > src/main.rs && cargo build --release --locked

# `touch`, because the real sources can be older than the stubs just built, and cargo goes by the time.
COPY . .
RUN touch src/lib.rs src/main.rs && cargo build --release --locked && mv target/*/release/assetmock /assetmock
RUN mkdir /data

FROM scratch
LABEL org.opencontainers.image.title="assetmock" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /assetmock /assetmock
# A place for a database, owned by the user below: a new named volume gets its owner from here. No `VOLUME`, which would
# leave a volume without a name behind every container.
COPY --from=build --chown=10001:10001 /data /data
# By number: there is no /etc/passwd to look a name up in.
USER 10001:10001
# A container's loopback cannot be reached from outside. To change this set the variable again rather than pass
# `--listen`: the health check reads it too.
ENV ASSETMOCK_LISTEN=0.0.0.0:4750
EXPOSE 4750
# Ready within milliseconds, so it is asked often at first.
HEALTHCHECK --interval=2s --timeout=3s --start-period=5s --start-interval=100ms --retries=3 CMD ["/assetmock", "healthcheck"]
ENTRYPOINT ["/assetmock"]
