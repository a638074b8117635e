# syntax=docker/dockerfile:1
#
# Two images from one build; both hold a binary, the public certificate
# authorities and nothing else, and run as nobody in particular.
#
#   docker build --target poise -t poise .               everything
#   docker build --target poise-proxy -t poise-proxy .   the data plane alone, to stand beside an application
#
# The same sources give the same binaries on any machine: no cgo, no paths, no
# time. The version is the caller's to give: --build-arg VERSION=$(git describe --tags --always)

ARG GO_VERSION=1.26

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION=dev
# timetzdata: hours and freezes name time zones, and the image has no files for them.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false -tags timetzdata \
    -ldflags "-s -w -X main.version=$VERSION" -o /out/ ./cmd/poise ./cmd/poise-proxy \
 && install -d /out/var/poise && install -d -m 1777 /out/tmp

FROM scratch AS poise-proxy
ARG VERSION=dev
LABEL org.opencontainers.image.title="poise-proxy" \
      org.opencontainers.image.description="The data plane of poise: an HTTP proxy that injects faults while a lease lives" \
      org.opencontainers.image.source="https://github.com/poise-dev/poise" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/poise-proxy /poise-proxy
COPY --from=build --chown=65532:65532 /out/var/poise /var/poise
USER 65532:65532
WORKDIR /var/poise
# The listener and `observe`; the admin API stays on the loopback of its network
# namespace unless it has a certificate and a token.
EXPOSE 9473 9470
ENTRYPOINT ["/poise-proxy"]

FROM scratch AS poise
ARG VERSION=dev
LABEL org.opencontainers.image.title="poise" \
      org.opencontainers.image.description="Tests beliefs about a system on its real traffic: faults, evidence, a verdict" \
      org.opencontainers.image.source="https://github.com/poise-dev/poise" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/tmp /tmp
COPY --from=build /out/poise /poise
COPY --from=build --chown=65532:65532 /out/var/poise /var/poise
USER 65532:65532
WORKDIR /var/poise
EXPOSE 9473 9470
ENTRYPOINT ["/poise"]
