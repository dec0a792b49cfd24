/** The rooms of the house, from which each may import; docs/adr/0001-rooms.md says why it is so. */
const PURE_BELOW_IMAGE = ['core', 'bytes', 'formats'] as const
const PURE = [
  ...PURE_BELOW_IMAGE,
  'contract',
  'saga',
  'image',
  'node',
  'metal',
  'fleet',
  'conductor',
] as const

export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contract: ['core'],
  saga: ['core', 'contract'],
  bytes: ['core'],
  formats: ['core', 'bytes'],
  image: [...PURE_BELOW_IMAGE, 'contract'],
  node: ['core', 'contract', 'saga'],
  metal: ['core', 'contract', 'saga'],
  fleet: ['core', 'contract', 'saga'],
  conductor: ['core', 'contract', 'saga'],
  ports: PURE,
  runtime: [...PURE, 'ports'],
  adapters: [...PURE, 'ports'],
  app: [...PURE, 'ports', 'runtime', 'adapters'],
  server: [...PURE, 'ports', 'app'],
  cli: [...PURE, 'ports', 'app', 'server'],
}

/** Rooms that decide and do nothing: no module of Node, no clock, no randomness, no console. */
export const PURE_ROOMS: readonly string[] = PURE

/** Packages that a pure room may use: they compute, and reach for nothing. */
export const PURE_PACKAGES: readonly string[] = ['smol-toml']

/** Rooms whose folders are rooms of their own: entered through their index.ts, not knowing each other. */
export const ROOMS_OF_ROOMS: readonly string[] = ['adapters', 'formats', 'runtime']

/** Folders inside a room that are entered through their own index.ts, also by the rest of the house. */
export const SUB_ROOMS: readonly string[] = [
  'app/conductor',
  'app/image',
  'app/image/boot-set',
  'app/image/convert',
  'app/image/push',
  'app/image/sets',
  'app/metal',
  'app/node',
  'app/node/images',
  'app/node/release',
  'node/doctor',
  'node/guests',
  'node/kill-set',
  'node/owners',
  'node/release',
  'node/rescue',
  'node/upgrade',
  'image/convert',
  'image/deploy-disk',
  'image/initramfs',
  'image/live',
  'image/container-disk',
  'metal/testing',
  'node/testing',
  'image/stack',
  'image/boot',
  'runtime/image/push',
  'runtime/image/push-artifacts',
  'runtime/image/sets',
]

/** Folders that exist to be shared by others beside them. */
export const SHARED: readonly Readonly<{ folder: string; reason: string }>[] = [
  { folder: 'adapters/codec', reason: 'decompressing pieces of images, for all threads that do it' },
  { folder: 'adapters/containers', reason: 'what the APIs of Docker and Podman have in common' },
  {
    folder: 'formats/block-map',
    reason: 'a disk whose blocks a table finds, whatever the format of the table',
  },
  { folder: 'formats/filesystem', reason: 'what every file system answers, and walking its paths' },
  {
    folder: 'formats/lzo',
    reason: 'a codec that no runtime has, for every format that is compressed with it',
  },
  { folder: 'formats/partition-table', reason: 'what MBR and GPT both are' },
  { folder: 'runtime/saga', reason: 'the driver and the journal of every machine' },
  { folder: 'adapters/host-scripts', reason: 'texts of the scripts that units and jobs of cron start' },
  {
    folder: 'adapters/programs',
    reason:
      'where the programs of the system are, and how long one may take, for every adapter that starts one',
  },
  { folder: 'adapters/folders', reason: 'making directories, for every adapter that writes files' },
  { folder: 'adapters/registry', reason: 'credentials and references of registries, for every engine' },
]

/** One folder that may import another beside it. An edge that nothing uses any more is a breach, too. */
export const EDGES: readonly Readonly<{ from: string; to: string; reason: string }>[] = [
  {
    from: 'formats/composefs',
    to: 'formats/fsverity',
    reason: 'composefs names objects by their fs-verity digests',
  },
  {
    from: 'formats/layers',
    to: 'formats/tar',
    reason: 'a layer of a container image is a tar archive',
  },
  {
    from: 'adapters/container-image',
    to: 'adapters/image-source',
    reason: 'the layers of a container image lie in files, and are compressed as disk images are',
  },
  {
    from: 'adapters/convert',
    to: 'adapters/image-source',
    reason: 'threads of a conversion read the file that an image is, by its descriptor',
  },
  {
    from: 'adapters/cgroup',
    to: 'adapters/proc',
    reason: 'who moves processes has to read them first, and /proc has one reader',
  },
  {
    from: 'adapters/cgroup',
    to: 'adapters/systemd',
    reason: 'where systemd owns the cgroup tree, the scope that a guest moves to is asked of it',
  },
]

/** Single references that break a rule for a reason. One that is no longer needed is a breach, too. */
export const EXCEPTIONS: readonly Readonly<{ from: string; to: string; reason: string }>[] = [
  {
    from: 'src/cli/main.ts',
    to: 'package.json',
    reason: '`anneal --version` says the version of the one place that holds it',
  },
]

/** Exports that nobody takes, for a reason. One that somebody takes is a breach, too. */
export const KEPT_EXPORTS: readonly Readonly<{ path: string; names: readonly string[]; reason: string }>[] =
  []
