import { xdrInt, xdrJoin, xdrReader, xdrUint } from './xdr.ts'
import type { XdrReader } from './xdr.ts'

/**
 * libvirt's RPC on the wire, as far as Anneal calls it.
 * Source: libvirt's src/rpc/virnetprotocol.x (messages) and src/remote/remote_protocol.x (procedures), the same in
 * 9.0 and 11.3; the numbers are libvirt's ABI. https://libvirt.org/kbase/internals/rpc.html
 */

export const REMOTE_PROGRAM = 0x2000_8086
export const REMOTE_VERSION = 1

export const PROCEDURE = {
  connectOpen: 1,
  connectClose: 2,
  authList: 66,
  connectGetLibVersion: 157,
  domainGetState: 212,
  connectListAllDomains: 273,
} as const

export type Procedure = keyof typeof PROCEDURE

/** enum virNetMessageType; stream and file-descriptor messages never come unasked. */
export const MESSAGE_TYPE = { call: 0, reply: 1, message: 2 } as const
/** enum virNetMessageStatus */
export const STATUS = { ok: 0, error: 1 } as const
/** enum remote_auth_type */
export const AUTH = ['none', 'sasl', 'polkit'] as const

/** Length word (counts itself) plus virNetMessageHeader. */
export const HEAD_BYTES = 4 + 24
/** VIR_NET_MESSAGE_MAX plus the length word. */
export const MESSAGE_MAX_BYTES = 33_554_432 + 4
/** REMOTE_STRING_MAX, REMOTE_DOMAIN_LIST_MAX, REMOTE_AUTH_TYPE_LIST_MAX */
const STRING_MAX = 4_194_304
export const DOMAINS_MAX = 16_384
export const AUTH_TYPES_MAX = 20

export type Head = Readonly<{
  program: number
  version: number
  procedure: number
  type: number
  serial: number
  status: number
}>

export function encodeMessage(head: Head, payload: Uint8Array): Uint8Array {
  return xdrJoin([
    xdrUint(HEAD_BYTES + payload.length),
    xdrUint(head.program),
    xdrUint(head.version),
    xdrInt(head.procedure),
    xdrInt(head.type),
    xdrUint(head.serial),
    xdrInt(head.status),
    payload,
  ])
}

/** `bytes` is one whole message with its length word. */
export function decodeMessage(bytes: Uint8Array): Readonly<{ head: Head; payload: Uint8Array }> {
  const reader = xdrReader(bytes.subarray(4, HEAD_BYTES))
  const head = {
    program: reader.uint(),
    version: reader.uint(),
    procedure: reader.int(),
    type: reader.int(),
    serial: reader.uint(),
    status: reader.int(),
  }
  return { head, payload: bytes.subarray(HEAD_BYTES) }
}

/** struct virNetMessageError up to its message; the rest says nothing that people need. */
export function readServerError(reader: XdrReader): Readonly<{ code: number; message: string }> {
  const code = reader.int()
  reader.int() // domain: which part of libvirt
  return { code, message: reader.optional(() => reader.string(STRING_MAX)) ?? 'no reason given' }
}

/** struct remote_nonnull_domain */
export type RemoteDomain = Readonly<{ name: string; uuid: Uint8Array; id: number }>

export function readDomain(reader: XdrReader): RemoteDomain {
  return { name: reader.string(STRING_MAX), uuid: Uint8Array.from(reader.opaque(16)), id: reader.int() }
}
