import { raise } from './errors.ts'
import { parseBoolean, parseNumber } from './quantities.ts'
import type { MapReader } from './reader.ts'
import type { Tree } from './tree.ts'
import { isList, isMap } from './tree.ts'

/**
 * Features of Compose that a release cannot keep. Each is refused by its name with what to write instead; nothing is
 * ever ignored in silence. `harmless` tells the values that ask for nothing.
 */
type Refusal = Readonly<{ why: string; instead: string; harmless?: (value: Tree) => boolean }>

const isFalse = (value: Tree): boolean => parseBoolean(value) === false
const isOne = (value: Tree): boolean => parseNumber(value) === 1
const isEmpty = (value: Tree): boolean =>
  value === null || (isList(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0)

const noSwitch = 'Anneal has no such setting for a container'
const removeIt = 'remove it'
const engineWide = 'set it for the whole engine, or remove it'

export const REFUSED_SERVICE_KEYS: Readonly<Record<string, Refusal>> = {
  annotations: { why: noSwitch, instead: 'use `labels`' },
  blkio_config: { why: noSwitch, instead: 'set IO limits on `cgroup_parent`, or remove it' },
  container_name: {
    why: 'the containers of two releases exist side by side, so each release gives its own names (PROJECT-SERVICE-RELEASE)',
    instead: 'remove it; find a container by its label io.anneal.service',
  },
  cpu_count: { why: 'it is for Windows', instead: 'use `cpus`' },
  cpu_percent: { why: 'it is for Windows', instead: 'use `cpus`' },
  cpu_period: { why: noSwitch, instead: 'use `cpus`' },
  cpu_quota: { why: noSwitch, instead: 'use `cpus`' },
  cpu_rt_period: { why: noSwitch, instead: removeIt },
  cpu_rt_runtime: { why: noSwitch, instead: removeIt },
  cpu_shares: { why: noSwitch, instead: 'use `cpus`, or a `cgroup_parent` with a weight' },
  cpuset: { why: noSwitch, instead: 'use a `cgroup_parent` that is bound to these processors' },
  credential_spec: { why: 'it is for Windows', instead: removeIt },
  device_cgroup_rules: { why: noSwitch, instead: 'use `devices`, or `privileged: true`' },
  dns: { why: noSwitch, instead: 'use the host network, or set it for the whole engine' },
  dns_opt: { why: noSwitch, instead: engineWide },
  dns_search: { why: noSwitch, instead: engineWide },
  domainname: { why: noSwitch, instead: 'write the full name under `hostname`' },
  extends: {
    why: 'a release is one file whose meaning does not depend on others',
    instead:
      'write it out: `docker compose config --no-interpolate` prints the file with everything in place',
  },
  external_links: {
    why: 'links need a network of the engine',
    instead: 'use the host network and its addresses',
  },
  gpus: { why: noSwitch, instead: 'name the device files under `devices`' },
  group_add: { why: noSwitch, instead: 'make the user a member in the image, or use `user: name:group`' },
  isolation: { why: 'it is for Windows', instead: removeIt },
  label_file: { why: 'a release is one file', instead: 'write the labels under `labels`' },
  links: {
    why: 'links need a network of the engine',
    instead: 'use the host network; order services with depends_on',
  },
  mac_address: { why: noSwitch, instead: removeIt },
  mem_reservation: { why: noSwitch, instead: 'use `mem_limit`' },
  mem_swappiness: { why: noSwitch, instead: removeIt },
  memswap_limit: { why: noSwitch, instead: 'use `mem_limit`' },
  models: { why: 'Anneal runs no models', instead: removeIt },
  networks: {
    why: 'a release uses no networks of the engine, which would be one more thing to switch',
    instead: 'write `network_mode: host` (or none, or bridge)',
    harmless: isEmpty,
  },
  oom_kill_disable: { why: noSwitch, instead: 'use `oom_score_adj: -1000`', harmless: isFalse },
  platform: { why: 'the digest of a pinned image already says the platform', instead: removeIt },
  post_start: {
    why: 'a hook is not part of the state that a rollback restores',
    instead: 'do it in the image’s entrypoint',
  },
  pre_stop: {
    why: 'a hook is not part of the state that a rollback restores',
    instead: 'handle `stop_signal` in the image',
  },
  profiles: { why: 'every service of a release runs', instead: 'keep one file for each set of services' },
  provider: { why: 'every service of a release is a container', instead: removeIt },
  pull_policy: {
    why: 'a pinned image is pulled once, where the engine does not hold it',
    instead: 'remove it; `anneal node lock` looks for a newer image',
    harmless: (value) => value === 'missing' || value === 'if_not_present',
  },
  pull_refresh_after: { why: 'a pinned image never changes', instead: removeIt },
  runtime: {
    why: 'what a stop kills depends on the runtime, and only the engine’s default is known',
    instead: engineWide,
  },
  scale: { why: 'a node runs each service once', instead: 'remove it', harmless: isOne },
  stdin_open: { why: 'nobody is at the other end', instead: removeIt, harmless: isFalse },
  storage_opt: { why: noSwitch, instead: removeIt },
  tty: { why: 'nobody is at the other end', instead: removeIt, harmless: isFalse },
  use_api_socket: {
    why: 'it hands the engine to the container',
    instead: 'bind the socket under `volumes`, knowing what it gives',
    harmless: isFalse,
  },
  userns_mode: { why: noSwitch, instead: engineWide },
  volumes_from: {
    why: 'it ties a container to another one that a switch replaces',
    instead: 'write the volumes out',
  },
}

const REFUSED_DEPLOY_KEYS: Readonly<Record<string, Refusal>> = {
  replicas: { why: 'a node runs each service once', instead: 'remove it', harmless: isOne },
  mode: { why: 'it needs a swarm', instead: removeIt, harmless: (value) => value === 'replicated' },
  endpoint_mode: { why: 'it needs a swarm', instead: removeIt },
  labels: { why: 'they would belong to a swarm service', instead: 'use `labels` of the service' },
  placement: { why: 'it needs a swarm', instead: removeIt, harmless: isEmpty },
  restart_policy: {
    why: 'Compose v2 puts it in the place of `restart`, and Compose v1 ignores it',
    instead:
      'write `restart` at the service instead: "no" for the condition none, on-failure for on-failure, always for any',
  },
  rollback_config: { why: 'Anneal rolls back the whole set at once', instead: removeIt },
  update_config: { why: 'Anneal switches the whole set at once', instead: removeIt },
}

/** Keys that mean something to Compose's own program and nothing to a running container: said, not refused. */
const NO_EFFECT: Readonly<Record<string, string>> = {
  attach: 'it tells what `docker compose up` prints',
  build: 'a release runs the image, it never builds it',
  develop: 'it is for `docker compose watch`',
  expose: 'it documents ports and opens none',
}

export const REFUSED_TOP_KEYS: Readonly<Record<string, Refusal>> = {
  include: {
    why: 'a release is one file whose meaning does not depend on others',
    instead:
      'write it out: `docker compose config --no-interpolate` prints the file with everything in place',
  },
  models: { why: 'Anneal runs no models', instead: removeIt, harmless: isEmpty },
  networks: {
    why: 'a release uses no networks of the engine, which would be one more thing to switch',
    instead: 'write `network_mode: host` (or none, or bridge) at each service',
    harmless: isEmpty,
  },
}

/** Notes every feature of a service that cannot be kept. */
export function refuseUnsupported(service: MapReader): void {
  refuseKeys(service, REFUSED_SERVICE_KEYS)
  refuseKeys(service.inner('deploy'), REFUSED_DEPLOY_KEYS)
  const resources = service.inner('deploy').inner('resources')
  refuseKeys(resources, { reservations: { why: noSwitch, instead: 'use limits', harmless: isEmpty } })
  refuseKeys(service.inner('healthcheck'), {
    start_interval: {
      why: 'not every engine knows it',
      instead: 'use `interval`, and x-anneal.ready for a fast answer',
    },
  })
  for (const [key, why] of Object.entries(NO_EFFECT)) {
    if (service.has(key)) service.reading.notices.push({ path: service.at(key), key, why })
  }
}

export function refuseKeys(map: MapReader, refusals: Readonly<Record<string, Refusal>>): void {
  for (const [key, { why, instead, harmless }] of Object.entries(refusals)) {
    const value = map.get(key)
    if (value === undefined || value === null || harmless?.(value) === true) continue
    map.problem(key, raise('UNSUPPORTED', { key, why, instead }), 'key')
  }
}

/** The names of what is refused, for the documentation to be held to. */
export const refusedKeys = {
  top: Object.keys(REFUSED_TOP_KEYS),
  service: Object.keys(REFUSED_SERVICE_KEYS),
} as const
