export { cgroupPath, isWithin, sameProcess } from './process.ts'
export type { CgroupLayout, CgroupLine, Namespaces, Process, ProcessId, ProcessTable } from './process.ts'
export type {
  CgroupPaths,
  Container,
  ContainerStatus,
  EngineFacts,
  EngineKind,
  Mount,
  StopCause,
} from './container.ts'
export type { Census, Guest, Helper, HelperKind, Identity } from './census.ts'
export type { Doomed, Endangered, KillSet, Mechanism } from './kill-set.ts'
export type { ContainerSpec, HealthcheckSpec, MountSpec } from './container-spec.ts'
export type { Finding, Severity } from './finding.ts'
export type { HostFacts } from './host-facts.ts'
export type { StatusFile } from './status-file.ts'
export { hierarchyName, parseCgroupLines } from './cgroup-lines.ts'
