export { agentFiles } from './agent-files.ts'
export type { AgentFile, AgentFiles } from './agent-files.ts'
export { agentNode } from './agent-node.ts'
export { parseAgentInventory } from './agent-inventory.ts'
export { LEAST_AGENT, isAgentTooOld } from './agent-version.ts'
export type { BmcAddress, BootOrder, Firmware, PowerState } from './bmc-address.ts'
export { bmcOf, firmwareOf, isCredential } from './bmc-of-machine.ts'
export { DISK_SCRIPT, agentScript, idleScript, instanceScript, ramdiskScript } from './boot-script.ts'
export { chosenMethod, deployWishes } from './deploy-wishes.ts'
export type { DeployWishes, LiveWishes } from './deploy-wishes.ts'
export { lastErrorOf, raise as conductorError } from './errors.ts'
export { ROOT_IMAGE_URL, liveCommandLine, refuseUnfit, rootImageUrl } from './live-boot.ts'
export { keepWishes, keptDisks, refuseKept } from './keep.ts'
export type { KeptDisk } from './keep.ts'
export { CREDENTIAL, DEPLOY_METHODS, nameOf } from './machine.ts'
export type {
  DeployMethod,
  DiskContent,
  DiskFacts,
  DriverName,
  MachineRecord,
  MachineReport,
  Members,
  NicFacts,
  PortRecord,
  ProvisionState,
  WipeRecord,
} from './machine.ts'
export type { SwitchPort } from './lldp.ts'
export { byPlace, placeOf } from './place.ts'
export { bootTraceWords } from './boot-trace.ts'
export type { BootTrace } from './boot-trace.ts'
export { bootProgramUrl, bootScriptUrl } from './netboot.ts'
export { architectureOf, ramdiskArchitecture } from './boot-files.ts'
export type { Architecture, BootPair, BootPairs } from './boot-files.ts'
export type { NetbootMachine, NetbootSettings } from './netboot.ts'
export { formatOrder } from './order.ts'
export type { RamdiskOrder } from './order.ts'
export { TARGETS, VERBS, askedBy, shownState, shownStep } from './provisioning.ts'
export type { Verb } from './provisioning.ts'
export { parseReport } from './report.ts'
export { chooseDisk, describeDisk, sameDisk } from './root-device.ts'
export { TASK, beginTask } from './task.ts'
export type { MachineReported, TaskArgs, TaskEffect, TaskKind, TaskPlan, TaskRun } from './task.ts'
export { TASK_STATES } from './task-states.ts'
export type { TaskState } from './task-states.ts'
