export type { Adopted } from './adopt.ts'
export { doctorNode } from './doctor-node.ts'
export type { Examined } from './doctor-node.ts'
export { killSetOf } from './kill-set-of.ts'
export type { KillSets } from './kill-set-of.ts'
export { openEngine, openNode, openState } from './open-node.ts'
export type { BuildingWorld, EngineOptions, NodeOptions } from './open-node.ts'
export type { LoadedRelease, Planned, PlannedRun, RunWishes, UpgradeWishes } from './plan-run.ts'
export { previewRecover, recoverNode } from './recover-node.ts'
export { previewReplacePod, replacePod } from './replace-pod.ts'
export type { PodReplaced, ReplacePodOptions, ReplacementPreview } from './replace-pod.ts'
export { findEndangered, rescueNode } from './rescue-node.ts'
export type { Rescued } from './rescue-node.ts'
export { previewStart, previewStop, startService, stopService } from './services.ts'
export type { ServicePreview } from './services.ts'
export { statusOf, watchStatus } from './status-of.ts'
export type { GuestStatus, NodeStatus, ServiceStatus } from './status-of.ts'
export {
  giveBackNode,
  previewGiveBack,
  previewRollback,
  previewUpgrade,
  rollbackNode,
  upgradeNode,
} from './upgrade-node.ts'
export type { RollbackControl, UpgradeControl, UpgradePreview, Upgraded } from './upgrade-node.ts'
export type { RunControl } from './with-node.ts'
export { subjectOf } from '../../runtime/node/index.ts'
export type { Recovery, ReplacementReport, RunReport, Sides } from '../../runtime/node/index.ts'
