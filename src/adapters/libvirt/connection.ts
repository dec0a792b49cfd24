import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { isAnnealError } from '../../core/index.ts'
import { raiseLibvirt } from './errors.ts'
import {
  decodeMessage,
  encodeMessage,
  HEAD_BYTES,
  MESSAGE_MAX_BYTES,
  MESSAGE_TYPE,
  PROCEDURE,
  readServerError,
  REMOTE_PROGRAM,
  REMOTE_VERSION,
  STATUS,
} from './protocol.ts'
import type { Procedure } from './protocol.ts'
import { XdrError, xdrReader } from './xdr.ts'
import type { XdrReader } from './xdr.ts'

type Waiting = Readonly<{
  procedure: Procedure
  settle: (payload: Uint8Array) => void
  fail: (error: unknown) => void
}>

/**
 * One connection to libvirt's socket: calls out, replies in, one deadline for the whole of it.
 *
 * INVARIANTS:
 * - The first thing that goes wrong (deadline, end, broken frame) fails every waiting call and destroys the socket.
 * - After `close` nothing is left: no socket, no timer, no waiting call.
 * - No byte beyond one message of MESSAGE_MAX_BYTES is ever kept.
 */
export class Connection {
  readonly path: string
  readonly #socket: Socket
  readonly #timer: NodeJS.Timeout
  readonly #waiting = new Map<number, Waiting>()
  #serial = 0
  #pieces: Buffer[] = []
  #pieceBytes = 0
  #failure: unknown

  /** The connection is usable at once: calls made before it is established wait in the socket. */
  constructor(path: string, timeoutMs: number) {
    this.path = path
    this.#socket = connect(path)
    this.#timer = setTimeout(() => {
      this.#fail(
        raiseLibvirt('HYPERVISOR_UNREACHABLE', { socket: path, state: `no answer within ${timeoutMs} ms` }),
      )
    }, timeoutMs)
    this.#socket.on('data', (piece) => this.#receive(piece))
    this.#socket.on('error', (error) => {
      const state = 'code' in error ? String(error.code) : error.message
      this.#fail(raiseLibvirt('HYPERVISOR_UNREACHABLE', { socket: path, state }, error))
    })
    this.#socket.on('close', () => {
      const state =
        this.#pieceBytes > 0 ? 'it closed in the middle of an answer' : 'it closed before answering'
      this.#fail(raiseLibvirt('HYPERVISOR_UNREACHABLE', { socket: path, state }))
    })
  }

  /** Calls a procedure and reads its result, whole. */
  async call<T>(procedure: Procedure, args: Uint8Array, read: (reader: XdrReader) => T): Promise<T> {
    const payload = await this.#send(procedure, args)
    try {
      const reader = xdrReader(payload)
      const result = read(reader)
      reader.end()
      return result
    } catch (error) {
      if (!(error instanceof XdrError)) throw error
      throw this.#broken(`the reply to ${procedure}: ${error.message}`, error)
    }
  }

  close(): void {
    this.#fail(
      raiseLibvirt('HYPERVISOR_UNREACHABLE', { socket: this.path, state: 'the connection was closed here' }),
    )
  }

  #send(procedure: Procedure, args: Uint8Array): Promise<Uint8Array> {
    return new Promise((settle, fail) => {
      if (this.#failure !== undefined) return fail(this.#failure)
      const serial = this.#serial
      this.#serial += 1
      this.#waiting.set(serial, { procedure, settle, fail })
      const head = {
        program: REMOTE_PROGRAM,
        version: REMOTE_VERSION,
        procedure: PROCEDURE[procedure],
        type: MESSAGE_TYPE.call,
        serial,
        status: STATUS.ok,
      }
      this.#socket.write(encodeMessage(head, args))
    })
  }

  #receive(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#pieceBytes += piece.length
    try {
      for (let message = this.#takeMessage(); message !== undefined; message = this.#takeMessage()) {
        this.#dispatch(message)
      }
    } catch (error) {
      this.#fail(isAnnealError(error) ? error : this.#broken(String(error), error))
    }
  }

  /** One whole message with its length word, or undefined while it has not come. */
  #takeMessage(): Uint8Array | undefined {
    if (this.#failure !== undefined || this.#pieceBytes < 4) return undefined
    if ((this.#pieces[0]?.length ?? 0) < 4) this.#pieces = [Buffer.concat(this.#pieces)]
    const length = this.#pieces[0]?.readUInt32BE(0) ?? 0
    if (length < HEAD_BYTES || length > MESSAGE_MAX_BYTES) {
      throw this.#broken(`a message of ${length} bytes, expected ${HEAD_BYTES} to ${MESSAGE_MAX_BYTES}`)
    }
    if (this.#pieceBytes < length) return undefined
    const all = Buffer.concat(this.#pieces)
    const rest = all.subarray(length)
    this.#pieces = rest.length > 0 ? [rest] : []
    this.#pieceBytes = rest.length
    return all.subarray(0, length)
  }

  #dispatch(message: Uint8Array): void {
    const { head, payload } = decodeMessage(message)
    // Events and keep-alives come only to those who asked for them; a newer libvirt may still send what is unknown.
    if (head.type === MESSAGE_TYPE.message) return
    const waiting = this.#waiting.get(head.serial)
    if (
      head.program !== REMOTE_PROGRAM ||
      head.version !== REMOTE_VERSION ||
      head.type !== MESSAGE_TYPE.reply ||
      waiting === undefined ||
      head.procedure !== PROCEDURE[waiting.procedure]
    ) {
      const found = `program 0x${head.program.toString(16)} version ${head.version} procedure ${head.procedure}`
      throw this.#broken(`an answer that nobody waits for: ${found} type ${head.type} serial ${head.serial}`)
    }
    this.#waiting.delete(head.serial)
    if (head.status === STATUS.ok) return waiting.settle(payload)
    const { code, message: reason } = readServerError(xdrReader(payload))
    waiting.fail(
      raiseLibvirt('HYPERVISOR_REFUSED', {
        action: waiting.procedure,
        socket: this.path,
        reason,
        libvirtCode: code,
      }),
    )
  }

  #broken(state: string, cause?: unknown): Error {
    return raiseLibvirt('HYPERVISOR_BROKEN_ANSWER', { socket: this.path, state }, cause)
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    clearTimeout(this.#timer)
    this.#pieces = []
    this.#socket.destroy()
    for (const waiting of this.#waiting.values()) waiting.fail(error)
    this.#waiting.clear()
  }
}
