export {
  HOST_LIBVIRTS,
  LIBVIRT_DIRECTORIES,
  LIBVIRT_GUESTS,
  hostDaemonName,
  hostDaemonObstacle,
  isHostDaemon,
} from './host-daemon.ts'
export type { DaemonUnit, HostLibvirt } from './host-daemon.ts'
export { waitsForEarlier } from './earlier-wait.ts'
export { attachInstead } from './engine-calls.ts'
export { findOwners } from './find-owners.ts'
export { COMPOSE_COMMANDS, composeProject } from './compose-project.ts'
export type { OwnersInput } from './find-owners.ts'
export type { Owner } from './owner.ts'
export { hostEndFindings, ownerFindings, prunerFindings } from './findings.ts'
export type { Job } from './job.ts'
export { findPruners } from './prune.ts'
export { disarming } from './supervisor.ts'
export type { Disarming, Supervisor } from './supervisor.ts'
export { disarmedUnit, isUp, startsAtBoot } from './service-unit.ts'
export type { ServiceUnit } from './service-unit.ts'
export { unitGraceMs, unitOfContainer } from './unit-grace.ts'
export { waitsForContainer } from './waiter.ts'
