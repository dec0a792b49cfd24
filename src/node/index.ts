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
export type { CloserLook, OpenFile } from './closer-look.ts'
export type { Witness } from './witness.ts'
export type { Doomed, Endangered, KillSet, Mechanism } from './kill-set.ts'
export type { ContainerSpec, HealthcheckSpec, MountSpec, PortSpec } from './container-spec.ts'
export type { Finding, Severity } from './finding.ts'
export type { HostFacts } from './host-facts.ts'
export type { StatusFile } from './status-file.ts'
export { hierarchyName, parseCgroupLines } from './cgroup-lines.ts'
export { hostPathOf } from './host-path.ts'
export { findEndangered, findKillSet } from './find-kill-set.ts'
export { findUnregistered } from './find-unregistered.ts'
export { forkProblem, startProblem, takesZeroAsOne } from './task-limit.ts'
export { KILL_RULES, MECHANISMS } from './kill-rules.ts'
export { SEEN, outsideOfSeen } from './kill-rules-seen.ts'
export type { SeenOn } from './kill-rules-seen.ts'
export type { KillRule, KillSituation } from './kill-rules.ts'
export * from './upgrade/index.ts'
export { STATUS_ELEMENTS, samePlugged, translateStatus } from './translate-status.ts'
export type { StatusElement, StatusTranslation } from './translate-status.ts'
export * from './release/index.ts'
export { takeCensus } from './take-census.ts'
export type { CensusSources } from './take-census.ts'
export { guestCgroup } from './guest-cgroup.ts'
export { findDissent } from './find-dissent.ts'
export type { DissentInput } from './find-dissent.ts'
export { hasIdentity } from './find-machines.ts'
export { SHARED_HELPERS, executablePath } from './recognise-helper.ts'
export { runningJobs } from './running-jobs.ts'
export type { GuestJob } from './running-jobs.ts'
export { judgeEnding } from './guest-ending.ts'
export type { EndingEvidence, EndingKind, GuestEnding } from './guest-ending.ts'
export { parseGuestLog } from './guest-log.ts'
export type { GuestLife, LoggedSignal } from './guest-log.ts'
export { machineName, machineOfScope, machineScope } from './machine-name.ts'
export { parseQemuCommandLine } from './qemu-command-line.ts'
export type { QemuCommandLine } from './qemu-command-line.ts'
export { containerRoot, planHelperRescue, planRescue, remainingInside } from './rescue-plan.ts'
export type {
  Group,
  Level,
  Movable,
  Placement,
  RescueMethod,
  RescuePlan,
  RescueRequest,
  Thread,
} from './rescue-plan.ts'
export { isLimitFile, limitsToKeep } from './cgroup-limits.ts'
export type { Limit, LimitReading } from './cgroup-limits.ts'
export { OWNER_FINDINGS, findOwners, ownerFindings } from './owners/index.ts'
export type { Owner, OwnersInput, ServiceUnit } from './owners/index.ts'
export { DOCTOR_FINDINGS, examine, isKolla } from './doctor/index.ts'
export type { DoctorInput } from './doctor/index.ts'
export { isInPartition, isUnknownToMachined } from './unknown-to-machined.ts'
