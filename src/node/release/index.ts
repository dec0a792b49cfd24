export type { ContainerSpec, HealthcheckSpec, MountSpec, PortSpec } from './container-spec.ts'
export { composeTree } from './compose-tree.ts'
export { draftOfContainers } from './import/running.ts'
export type { RunningService } from './import/running.ts'
export { draftRelease } from './draft.ts'
export type { DraftInput, DraftResult } from './draft.ts'
export { parseEnvFile } from './env-file.ts'
export type { EnvFileFormat } from './env-file.ts'
export { envFileEntries, envFileKey } from './environment.ts'
export type { EnvFileEntry, EnvFiles } from './environment.ts'
export { RELEASE_ERRORS } from './errors.ts'
export { fullImageName, isPinned } from './image-reference.ts'
export type { ImageReference } from './image-reference.ts'
export { escapeDollars } from './interpolate.ts'
export type { Interpolated, Lookup } from './interpolate.ts'
export { LABELS, containerName, requireProjectName, shortId } from './names.ts'
export { formatPath } from './problem.ts'
export type { Path, Problem, Problems } from './problem.ts'
export type { Notice } from './reader.ts'
export type {
  ContainerShape,
  DeclaredHelper,
  Dependency,
  FileGrant,
  LibvirtPlace,
  ReadyProbe,
  Release,
  ReleaseDraft,
  Service,
  ServiceDraft,
} from './release.ts'
export { pinnedReference } from './pin.ts'
export type { HeldImage } from './pin.ts'
export { sealRelease } from './seal.ts'
export { toContainerSpec } from './to-container-spec.ts'
export { isList, isMap } from './tree.ts'
export type { Tree, TreeMap } from './tree.ts'
export {
  lintFinding,
  lintRelease,
  lintWorkload,
  workloadOfContainer,
  workloadOfService,
} from './lint/index.ts'
export type { LintCode, Role, Workload } from './lint/index.ts'
export { refusedKeys } from './unsupported.ts'
export { replaceVariables } from './variables.ts'
export type { Replacement } from './variables.ts'
export {
  importDockerCommand,
  importDockerRun,
  modernise,
  problemFinding,
  valueAt,
  withRawEnvFiles,
} from './import/index.ts'
export type { DockerRunImport, Edit, Imported, ImportInput, OldFormat } from './import/index.ts'
