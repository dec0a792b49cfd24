export { isLimitFile, limitsToKeep } from './cgroup-limits.ts'
export type { Limit, LimitReading } from './cgroup-limits.ts'
export { planHelperRescue, planRescue, remainingInside } from './rescue-plan.ts'
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
