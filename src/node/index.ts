export { hierarchyName, parseCgroupLines } from './cgroup-lines.ts'
export { ENGINE_KINDS } from './container.ts'
export type {
  CgroupPaths,
  Container,
  ContainerStatus,
  EngineFacts,
  EngineKind,
  Mount,
  PodFacts,
  StopCause,
} from './container.ts'
export type { Finding, Severity } from './finding.ts'
export type { HostFacts } from './host-facts.ts'
export { heldAt, hostPathOf, writtenAt } from './host-path.ts'
export { cgroupPath, sameProcess } from './process.ts'
export type {
  CgroupLayout,
  CgroupLine,
  Namespaces,
  Process,
  ProcessId,
  ProcessTable,
  Terminal,
} from './process.ts'
export { takesZeroAsOne } from './task-limit.ts'
export * from './doctor/index.ts'
export * from './guests/index.ts'
export * from './kill-set/index.ts'
export * from './owners/index.ts'
export * from './release/index.ts'
export * from './replacement/index.ts'
export * from './rescue/index.ts'
export * from './upgrade/index.ts'
