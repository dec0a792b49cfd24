import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeMessage, encodeMessage, MESSAGE_TYPE, PROCEDURE, STATUS } from '../protocol.ts'
import type { Head, RemoteDomain } from '../protocol.ts'
import {
  xdrArray,
  xdrInt,
  xdrJoin,
  xdrOpaque,
  xdrOptional,
  xdrReader,
  xdrString,
  xdrUhyper,
  xdrUint,
} from '../xdr.ts'

/**
 * A libvirtd that speaks libvirt's real protocol on a real unix socket, and misbehaves on request.
 * Its regular answers are held to those of real libvirts by the recorded replies in fixtures/.
 */
export type FakeLibvirtd = Readonly<{
  socket: string
  /** Connections that were made, and those still open. */
  connections: () => Readonly<{ made: number; open: number }>
  /** Calls heard so far, by procedure number. */
  heard: () => readonly number[]
  stop: () => Promise<void>
}>

export type FakeDomain = RemoteDomain & Readonly<{ state: number; goneSince?: 'list' }>

export type FakeBehaviour = Readonly<{
  auth?: readonly number[]
  /** `major * 1000000 + minor * 1000 + release` */
  version?: bigint
  domains?: readonly FakeDomain[]
  /** Gives the bytes to send for a call instead of the answer; undefined lets the fake answer, `close` ends. */
  misbehave?: (head: Head, answer: Uint8Array) => Uint8Array | 'close' | 'silence' | undefined
}>

export async function fakeLibvirtd(behaviour: FakeBehaviour = {}): Promise<FakeLibvirtd> {
  const heard: number[] = []
  return serve((socket, head, payload) => {
    heard.push(head.procedure)
    const answer = encodeAnswer(head, answerTo(behaviour, head.procedure, payload))
    const instead = behaviour.misbehave?.(head, answer) ?? answer
    if (instead === 'silence') return
    if (instead === 'close') socket.destroy()
    else socket.write(instead)
  }, heard)
}

/** Plays recorded replies, the n-th for the n-th call, in pieces of a few bytes. */
export async function replayLibvirtd(replies: readonly string[]): Promise<FakeLibvirtd> {
  const heard: number[] = []
  return serve((socket, head) => {
    const reply = Buffer.from(replies[heard.length] ?? '', 'hex')
    heard.push(head.procedure)
    for (let at = 0; at < reply.length; at += 3) socket.write(reply.subarray(at, at + 3))
  }, heard)
}

/** VIR_ERR_* with a message, as libvirt's virNetServerProgramSendError writes it. */
export function encodeRefusal(head: Head, code: number, message: string): Uint8Array {
  const none = xdrOptional(undefined)
  const payload = xdrJoin([
    xdrInt(code),
    xdrInt(10),
    xdrOptional(xdrString(message)),
    xdrInt(2),
    none,
    none,
    none,
    none,
    xdrInt(0),
    xdrInt(0),
    none,
  ])
  return encodeMessage({ ...head, type: MESSAGE_TYPE.reply, status: STATUS.error }, payload)
}

function encodeAnswer(head: Head, answer: Uint8Array | Refusal): Uint8Array {
  if (!(answer instanceof Uint8Array)) return encodeRefusal(head, answer.code, answer.message)
  return encodeMessage({ ...head, type: MESSAGE_TYPE.reply, status: STATUS.ok }, answer)
}

type Refusal = Readonly<{ code: number; message: string }>

function answerTo(behaviour: FakeBehaviour, procedure: number, payload: Uint8Array): Uint8Array | Refusal {
  const domains = behaviour.domains ?? []
  switch (procedure) {
    case PROCEDURE.authList:
      return xdrArray((behaviour.auth ?? [0]).map(xdrInt))
    case PROCEDURE.connectOpen:
    case PROCEDURE.connectClose:
      return new Uint8Array()
    case PROCEDURE.connectGetLibVersion:
      return xdrUhyper(behaviour.version ?? 9_000_000n)
    case PROCEDURE.connectListAllDomains:
      return xdrJoin([xdrArray(domains.map(encodeDomain)), xdrUint(domains.length)])
    case PROCEDURE.domainGetState: {
      const name = xdrReader(payload).string(1024)
      const domain = domains.find((candidate) => candidate.name === name && candidate.goneSince === undefined)
      if (domain === undefined)
        return { code: 42, message: `Domain not found: no domain with name '${name}'` }
      return xdrJoin([xdrInt(domain.state), xdrInt(1)])
    }
    default:
      return { code: 1, message: `unknown procedure: ${procedure}` }
  }
}

function encodeDomain(domain: FakeDomain): Uint8Array {
  return xdrJoin([xdrString(domain.name), xdrOpaque(domain.uuid), xdrInt(domain.id)])
}

async function serve(
  onCall: (socket: Socket, head: Head, payload: Uint8Array) => void,
  heard: readonly number[],
): Promise<FakeLibvirtd> {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-libvirt-'))
  const path = join(directory, 'libvirt-sock')
  const open = new Set<Socket>()
  let made = 0
  const server: Server = createServer((socket) => {
    made += 1
    open.add(socket)
    let bytes = Buffer.alloc(0)
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece])
      while (bytes.length >= 4 && bytes.length >= bytes.readUInt32BE(0)) {
        const { head, payload } = decodeMessage(bytes.subarray(0, bytes.readUInt32BE(0)))
        bytes = bytes.subarray(bytes.readUInt32BE(0))
        onCall(socket, head, payload)
      }
    })
    socket.on('error', () => open.delete(socket))
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => {
    server.listen(path, resolve)
  })
  return {
    socket: path,
    connections: () => ({ made, open: open.size }),
    heard: () => heard,
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => {
        server.close(resolve)
      })
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
