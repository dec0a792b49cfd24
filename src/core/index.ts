export { AnnealError, EXIT, errorsOf, isAnnealError } from './errors.ts'
export type { ErrorData, ErrorSpec, ErrorTable, ExitCode, Raise } from './errors.ts'
export { findingsOf } from './finding.ts'
export type { Finding, FindingSpec, FindingTable, Severity } from './finding.ts'
export { bytesOfHex, formatHex32, toHex, unescapeHex } from './hex.ts'
export { isObject } from './is-object.ts'
export { boundedText } from './bounded-text.ts'
export { canonicalJson } from './canonical-json.ts'
export {
  changedByIpxe,
  editKernelArguments,
  formatKernelCommandLine,
  hasKernelArgument,
  isSameKey,
  kernelArgument,
  lintForIronic,
  parseKernelCommandLine,
} from './kernel-arguments/index.ts'
export type {
  EditedKernelArguments,
  IronicRules,
  KernelArgument,
  KernelArgumentEdits,
  KernelCommandLine,
} from './kernel-arguments/index.ts'
export { liveMemoryMib } from './live-memory.ts'
export { positiveNumber } from './positive-number.ts'
export { systemReason } from './system-reason.ts'
export { together } from './together.ts'
export { yamlFault, yamlValue } from './yaml-value.ts'
export { formatBytes, formatDuration, parseBytes, parseDurationMs } from './units.ts'

/** SHA-256 of the text's UTF-8 bytes, as `sha256:<64 hex digits>`. Given by argument: this room draws in no platform. */
export type Digest = (text: string) => string
