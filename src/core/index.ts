export { AnnealError, EXIT, errorsOf, isAnnealError } from './errors.ts'
export type { ErrorData, ErrorSpec, ErrorTable, ExitCode, Raise } from './errors.ts'
export { canonicalJson } from './canonical-json.ts'
export type { Json } from './canonical-json.ts'
export { formatBytes, formatDuration, parseDurationMs } from './units.ts'

/** SHA-256 of the text's UTF-8 bytes, as `sha256:<64 hex digits>`. Given by argument: this room draws in no platform. */
export type Digest = (text: string) => string
