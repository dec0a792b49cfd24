export { enabledAtBoot, systemdIsInit } from './boot-unit.ts'
export { missingCapabilitiesHere } from './capabilities.ts'
export { dockerCgroup, expandSlice } from './cgroup-paths.ts'
export { engineApi, EngineRefusal } from './engine-api.ts'
export type { EngineApi, EngineRequest, QueryValue } from './engine-api.ts'
export { raise } from './errors.ts'
export { readFrames } from './frames.ts'
export type { Output } from './frames.ts'
export { prepareBindSources } from './bind-sources.ts'
export { jsonLines } from './json-lines.ts'
export { cgroupnsModeOf, rootUpperDirOf } from './namespaces.ts'
export { dockerStateRoots, readOciRecord, readShim } from './oci-state.ts'
export type { OciRecord, Shim } from './oci-state.ts'
export type { PullLine } from './pull-progress.ts'
export { attempted, unlessAbsent } from './refusals.ts'
export type { Attempt } from './refusals.ts'
export { signalName, signalNumber } from './signals.ts'
export type { Dialect, RunOnceParts } from './dialect.ts'
export { specFromInspect } from './describe-container.ts'
export type { InspectedConfig, InspectedContainer, InspectedHost } from './describe-container.ts'
export { logs } from './logs.ts'
export { buildImage, pullImage } from './images.ts'
export { putFiles } from './put-files.ts'
export { plainSpec } from './plain-spec.ts'
export { runOnce } from './run-once.ts'
export { sameContainer } from './idempotence.ts'
export { taskLimitOf } from './task-limit.ts'
export { runtimePrograms } from './runtime-program.ts'
export type { RuntimeProgram } from './runtime-program.ts'
export {
  environmentNames,
  readHealth,
  readMounts,
  readPidMode,
  readRestartPolicy,
  readTime,
} from './read-inspect.ts'
export type { InspectedMounts } from './read-inspect.ts'
