/**
 * The options of `docker run` (Docker 28, `docker run --help`), and of `podman run`. `flag` takes no value.
 * `key` is where the value goes in a Compose service; an option with a key that a release refuses goes there all the
 * same, so that it is refused in the one place that knows why.
 */
export type DockerOption = Readonly<{
  short?: string
  takes: 'flag' | 'value'
  to:
    | Readonly<{ kind: 'truth' | 'text' | 'list' | 'number'; key: string }>
    | Readonly<{ kind: 'nothing' }>
    | Readonly<{ kind: 'dropped'; why: string }>
    | Readonly<{ kind: 'special'; special: SpecialKind }>
}>

/** Options that need more than putting a value somewhere. */
export type SpecialKind =
  | 'entrypoint'
  | 'environment'
  | 'environmentFile'
  | 'healthCommand'
  | 'healthInterval'
  | 'healthTimeout'
  | 'healthStartPeriod'
  | 'healthStartInterval'
  | 'healthRetries'
  | 'noHealthcheck'
  | 'label'
  | 'logDriver'
  | 'logOption'
  | 'mount'
  | 'name'
  | 'stopTimeout'
  | 'sysctl'
  | 'ulimit'
  | 'volume'

const truth = (key: string, short?: string): DockerOption => ({
  takes: 'flag',
  to: { kind: 'truth', key },
  ...named(short),
})
const text = (key: string, short?: string): DockerOption => ({
  takes: 'value',
  to: { kind: 'text', key },
  ...named(short),
})
const list = (key: string, short?: string): DockerOption => ({
  takes: 'value',
  to: { kind: 'list', key },
  ...named(short),
})
const number = (key: string, short?: string): DockerOption => ({
  takes: 'value',
  to: { kind: 'number', key },
  ...named(short),
})
const special = (kind: SpecialKind, short?: string): DockerOption => ({
  takes: 'value',
  to: { kind: 'special', special: kind },
  ...named(short),
})
const nothing = (takes: DockerOption['takes'], short?: string): DockerOption => ({
  takes,
  to: { kind: 'nothing' },
  ...named(short),
})
const dropped = (takes: DockerOption['takes'], why: string, short?: string): DockerOption => ({
  takes,
  to: { kind: 'dropped', why },
  ...named(short),
})
const named = (short: string | undefined): { short?: string } => (short === undefined ? {} : { short })

const LIMITS_IO = 'a release has no limits on single devices; use a cgroup_parent'
const NO_PODS = 'a release has no pods; name the namespaces under `network_mode`, `pid` and `ipc`'
const NO_OPEN_FILES = 'an engine has no open files to pass on'
const NO_SETTING = 'a release has no such setting'
const NO_MAPPING = 'a release maps no users'
const READY = 'a release has x-anneal.ready probes instead'
const NO_NETWORK = 'a release uses no networks of the engine'

export const DOCKER_OPTIONS: Readonly<Record<string, DockerOption>> = {
  'add-host': list('extra_hosts'),
  annotation: list('annotations'),
  attach: nothing('value', 'a'),
  'blkio-weight': dropped('value', LIMITS_IO),
  'blkio-weight-device': dropped('value', LIMITS_IO),
  'cap-add': list('cap_add'),
  'cap-drop': list('cap_drop'),
  'cgroup-parent': text('cgroup_parent'),
  cgroupns: text('cgroup'),
  cidfile: nothing('value'),
  'cpu-count': number('cpu_count'),
  'cpu-percent': number('cpu_percent'),
  'cpu-period': number('cpu_period'),
  'cpu-quota': number('cpu_quota'),
  'cpu-rt-period': number('cpu_rt_period'),
  'cpu-rt-runtime': number('cpu_rt_runtime'),
  'cpu-shares': number('cpu_shares', 'c'),
  cpus: number('cpus'),
  'cpuset-cpus': text('cpuset'),
  'cpuset-mems': dropped('value', 'a release has no such limit; use a cgroup_parent'),
  detach: nothing('flag', 'd'),
  'detach-keys': nothing('value'),
  device: list('devices'),
  'device-cgroup-rule': list('device_cgroup_rules'),
  'device-read-bps': dropped('value', LIMITS_IO),
  'device-read-iops': dropped('value', LIMITS_IO),
  'device-write-bps': dropped('value', LIMITS_IO),
  'device-write-iops': dropped('value', LIMITS_IO),
  'disable-content-trust': nothing('flag'),
  dns: list('dns'),
  'dns-opt': list('dns_opt'),
  'dns-option': list('dns_opt'),
  'dns-search': list('dns_search'),
  domainname: text('domainname'),
  entrypoint: special('entrypoint'),
  env: special('environment', 'e'),
  'env-file': special('environmentFile'),
  expose: list('expose'),
  gpus: text('gpus'),
  'group-add': list('group_add'),
  'health-cmd': special('healthCommand'),
  'health-interval': special('healthInterval'),
  'health-retries': special('healthRetries'),
  'health-start-interval': special('healthStartInterval'),
  'health-start-period': special('healthStartPeriod'),
  'health-timeout': special('healthTimeout'),
  hostname: text('hostname', 'h'),
  init: truth('init'),
  interactive: truth('stdin_open', 'i'),
  'io-maxbandwidth': dropped('value', 'it is for Windows'),
  'io-maxiops': dropped('value', 'it is for Windows'),
  ip: dropped('value', NO_NETWORK),
  ip6: dropped('value', NO_NETWORK),
  ipc: text('ipc'),
  isolation: text('isolation'),
  'kernel-memory': dropped('value', 'engines have no such limit any more'),
  label: special('label', 'l'),
  'label-file': list('label_file'),
  link: list('links'),
  'link-local-ip': dropped('value', NO_NETWORK),
  'log-driver': special('logDriver'),
  'log-opt': special('logOption'),
  'mac-address': text('mac_address'),
  memory: text('mem_limit', 'm'),
  'memory-reservation': text('mem_reservation'),
  'memory-swap': text('memswap_limit'),
  'memory-swappiness': number('mem_swappiness'),
  mount: special('mount'),
  name: special('name'),
  net: text('network_mode'),
  'net-alias': dropped('value', NO_NETWORK),
  network: text('network_mode'),
  'network-alias': dropped('value', NO_NETWORK),
  'no-healthcheck': { takes: 'flag', to: { kind: 'special', special: 'noHealthcheck' } },
  'oom-kill-disable': truth('oom_kill_disable'),
  'oom-score-adj': number('oom_score_adj'),
  pid: text('pid'),
  'pids-limit': number('pids_limit'),
  platform: text('platform'),
  privileged: truth('privileged'),
  publish: list('ports', 'p'),
  'publish-all': dropped('flag', 'a release names each port', 'P'),
  pull: nothing('value'),
  quiet: nothing('flag', 'q'),
  'read-only': truth('read_only'),
  restart: text('restart'),
  rm: dropped('flag', 'a container of a release is kept for a rollback'),
  runtime: text('runtime'),
  'security-opt': list('security_opt'),
  'shm-size': text('shm_size'),
  'sig-proxy': nothing('flag'),
  'stop-signal': text('stop_signal'),
  'stop-timeout': special('stopTimeout'),
  'storage-opt': dropped('value', 'a release has no storage options'),
  sysctl: special('sysctl'),
  tmpfs: list('tmpfs'),
  tty: truth('tty', 't'),
  ulimit: special('ulimit'),
  'use-api-socket': truth('use_api_socket'),
  user: text('user', 'u'),
  userns: text('userns_mode'),
  uts: text('uts'),
  volume: special('volume', 'v'),
  'volume-driver': dropped('value', 'make such volumes beforehand'),
  'volumes-from': list('volumes_from'),
  workdir: text('working_dir', 'w'),

  // Podman's own (podman-run(1) of Podman 5.8).
  arch: dropped('value', 'use `platform`'),
  authfile: nothing('value'),
  'cert-dir': nothing('value'),
  'cgroup-conf': dropped('value', LIMITS_IO),
  cgroups: dropped('value', 'a release leaves that to the engine'),
  chrootdirs: dropped('value', NO_SETTING),
  'conmon-pidfile': nothing('value'),
  creds: nothing('value'),
  'decryption-key': nothing('value'),
  'env-host': dropped('flag', 'a release takes no variables from the host; name each under `environment`'),
  'env-merge': dropped('value', 'write the whole value under `environment`'),
  gidmap: dropped('value', NO_MAPPING),
  'group-entry': dropped('value', NO_SETTING),
  'health-log-destination': nothing('value'),
  'health-max-log-count': nothing('value'),
  'health-max-log-size': nothing('value'),
  'health-on-failure': dropped('value', 'a failed health check changes nothing in a container of a release'),
  'health-startup-cmd': dropped('value', READY),
  'health-startup-interval': dropped('value', READY),
  'health-startup-retries': dropped('value', READY),
  'health-startup-success': dropped('value', READY),
  'health-startup-timeout': dropped('value', READY),
  'hosts-file': dropped('value', 'bind a file to /etc/hosts'),
  hostuser: dropped('value', NO_SETTING),
  'http-proxy': dropped('flag', 'name the variables of the proxy under `environment`'),
  'image-volume': dropped('value', 'write each volume of the image under `volumes`'),
  'init-path': dropped('value', 'a release has the init of the engine'),
  'no-hostname': dropped('flag', NO_SETTING),
  'no-hosts': dropped('flag', 'bind a file to /etc/hosts'),
  os: dropped('value', 'use `platform`'),
  passwd: dropped('flag', NO_SETTING),
  'passwd-entry': dropped('value', NO_SETTING),
  personality: dropped('value', NO_SETTING),
  pidfile: nothing('value'),
  pod: dropped('value', NO_PODS),
  'pod-id-file': dropped('value', NO_PODS),
  'preserve-fd': dropped('value', NO_OPEN_FILES),
  'preserve-fds': dropped('value', NO_OPEN_FILES),
  'rdt-class': dropped('value', LIMITS_IO),
  'read-only-tmpfs': dropped('flag', 'write what has to be writable under `tmpfs`'),
  replace: nothing('flag'),
  requires: dropped('value', 'use `depends_on`'),
  retry: nothing('value'),
  'retry-delay': nothing('value'),
  rmi: dropped('flag', 'the image of a release is kept for a rollback'),
  rootfs: dropped('flag', 'a release runs images, not directories'),
  sdnotify: dropped('value', READY),
  'seccomp-policy': dropped('value', 'use `security_opt`'),
  secret: dropped('value', 'grant it as a file under `secrets`'),
  'shm-size-systemd': dropped('value', NO_SETTING),
  subgidname: dropped('value', NO_MAPPING),
  subuidname: dropped('value', NO_MAPPING),
  systemd: dropped('value', 'a release leaves that to the engine'),
  timeout: dropped('value', 'a container of a release runs until it is stopped'),
  'tls-verify': nothing('flag'),
  tz: dropped('value', 'set the variable TZ, or bind /etc/localtime'),
  uidmap: dropped('value', NO_MAPPING),
  umask: dropped('value', NO_SETTING),
  unsetenv: dropped('value', 'a release keeps the variables of the image; give the variable an empty value'),
  'unsetenv-all': dropped('flag', 'a release keeps the variables of the image; give each an empty value'),
  variant: dropped('value', 'use `platform`'),
}

/** Options whose value Podman splits at commas (`podman run --help`, type `strings`); Docker does not. */
export const PODMAN_LISTS: ReadonlySet<string> = new Set([
  'add-host',
  'annotation',
  'cap-add',
  'cap-drop',
  'device',
  'device-cgroup-rule',
  'dns',
  'dns-option',
  'dns-search',
  'env-file',
  'expose',
  'group-add',
  'label-file',
  'log-opt',
  'publish',
  'sysctl',
  'ulimit',
])

export const SHORT_OPTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries(DOCKER_OPTIONS).flatMap(([name, option]) =>
    option.short === undefined ? [] : [[option.short, name]],
  ),
)
