import { isAnnealError } from '../../core/index.ts'
import type { Reply } from '../route.ts'

export function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

export const NO_CONTENT: Reply = { status: 204 }
export const ACCEPTED: Reply = { status: 202 }

/** An error as Ironic’s clients read it: a text of JSON within JSON (ironic/api/middleware/parsable_error.py). */
export function fault(status: number, message: string): Reply {
  const side = status >= 500 ? 'Server' : 'Client'
  const error = { debuginfo: null, faultcode: side, faultstring: message }
  return json(status, { error_message: JSON.stringify(error) })
}

/** What goes wrong in this program, by code, as Ironic numbers it. Everything else is 500. */
const STATUS: Readonly<Record<string, number>> = {
  MACHINE_UNKNOWN: 404,
  PORT_UNKNOWN: 404,
  MACHINE_EXISTS: 409,
  MACHINE_PROTECTED: 403,
  MACHINE_BUSY: 409,
  MACHINE_IN_USE: 409,
  MACHINE_VERB_REFUSED: 400,
  MACHINE_VALUE_INVALID: 400,
  MACHINE_UNPREPARED: 400,
  BMC_UNKNOWN: 400,
  BMC_UNABLE: 400,
  BMC_REFUSED: 400,
  BMC_CREDENTIALS: 400,
  KEEP_INVALID: 400,
  DISK_KEPT: 409,
  DISK_GONE: 409,
  DISK_CONTENTS_UNKNOWN: 409,
  REQUEST_INVALID: 400,
  BODY_TOO_LARGE: 413,
  RAMDISK_TOKEN_INVALID: 403,
  AGENT_UNFIT: 400,
  AGENT_TOKEN_INVALID: 403,
  AGENT_LOOKUP_UNKNOWN: 404,
  AGENT_TOO_OLD: 400,
  AGENT_HEARTBEAT_INVALID: 400,
  RAMDISK_REPORT_INVALID: 400,
}

export function statusOf(error: unknown): number {
  return isAnnealError(error) ? (STATUS[error.code] ?? 500) : 500
}

export function messageOf(error: unknown): string {
  if (isAnnealError(error)) return `${error.message}. ${error.remedy} (${error.code})`
  return 'a fault of the conductor itself; its log says more'
}

/** Ironic’s answer for what the conductor lacks. */
export function lacking(path: string): Reply {
  return fault(404, `The conductor has no resource ${path}`)
}
