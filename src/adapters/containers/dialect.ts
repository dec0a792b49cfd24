import type { ContainerSpec, ImageFacts } from '../../ports/index.ts'
import type { EngineApi } from './engine-api.ts'

/** Where the two engines' APIs are one, but for these. */
export type Dialect = Readonly<{
  engine: 'Docker' | 'Podman'
  api: () => Promise<EngineApi>
  /** Before `/containers/…`. */
  prefix: string
  /** Path of the build request. Podman's own: its Docker-compatible one tags as docker.io/library/NAME. */
  buildPath: string
  /** Query that makes images of the kind whose healthchecks are kept. */
  buildQuery: Readonly<Record<string, string>>
  /** The last thing that a pull says of a layer. */
  layerDone: 'Pull complete' | 'Download complete'
  /** Which family's auth files are looked at first. */
  authFirst: 'docker' | 'containers'
  /** An RFC 3339 time as the log request wants it. */
  logsSince: (time: string) => string
  inspectImage: (reference: string) => Promise<ImageFacts | undefined>
}>

/** What a throw-away run needs of an engine besides the port. */
export type RunOnceParts = Readonly<{
  create: (spec: ContainerSpec) => Promise<string>
  start: (id: string) => Promise<void>
  remove: (id: string) => Promise<void>
  /** Pid of its first process on the host; 0 once it has ended. */
  pidOf: (id: string) => Promise<number>
  /** Resolves to the exit code when the container has ended. */
  wait: (id: string, signal: AbortSignal) => Promise<number>
  /** Has the engine look whether a container that it calls running has ended: `wait` then resolves. Absent where an engine needs no such help. */
  settle?: Readonly<{ look: (id: string) => Promise<void>; everyMs: number }>
  leftovers: (label: string) => Promise<readonly Readonly<{ id: string; pid: number }>[]>
  /** A log driver that keeps everything, readable through the API. */
  log: Readonly<{ driver: string; options: Readonly<Record<string, string>> }>
  /** Files cannot be put into a read-only root: their folders become volumes of the container's own. */
  filesNeedVolumes: boolean
}>
