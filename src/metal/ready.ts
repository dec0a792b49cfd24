import { raise } from './errors.ts'
import { MARK_ADDRESS } from './node.ts'
import type { MetalNode } from './node.ts'

/** What a machine has to do to count as ready, once Ironic says that it is active. */
export type Ready = Readonly<
  | { kind: 'ssh'; host: string; port: number }
  | { kind: 'console'; text: string; source: string }
  | { kind: 'active' }
>

/**
 * Reads `--ready`: `ssh` (the node's address in the inventory), `ssh:HOST` or `ssh:HOST:PORT`, `console:TEXT`, or
 * `active`, which takes Ironic's word for it. `consoleSource` is where the console is read, where that is known.
 */
export function parseReady(text: string, node: MetalNode, consoleSource: string | undefined): Ready {
  const name = node.name ?? node.uuid
  const [kind, rest] = splitOnce(text)
  if (kind === 'active' && rest === undefined) return { kind: 'active' }
  if (kind === 'ssh') {
    const host = rest ?? node.extra[MARK_ADDRESS]
    if (typeof host !== 'string' || host === '') {
      throw raise('READY_UNCLEAR', {
        node: name,
        why: 'nothing says at which address it answers over SSH',
        remedy: 'say it: --ready ssh:HOST, or `address` in the inventory and enroll it again',
      })
    }
    return { kind: 'ssh', ...hostAndPort(host, name) }
  }
  if (kind === 'console' && rest !== undefined && rest !== '') {
    if (consoleSource === undefined) {
      throw raise('READY_UNCLEAR', {
        node: name,
        why: 'nothing says where its console is read',
        remedy:
          'say it: --console unix:PATH, file:PATH or tcp:HOST:PORT; or give the node a console interface that offers one over TCP (ipmitool-socat)',
      })
    }
    return { kind: 'console', text: rest, source: consoleSource }
  }
  throw raise('READY_UNCLEAR', {
    node: name,
    why: `"${text}" is none of ssh, ssh:HOST, ssh:HOST:PORT, console:TEXT, active`,
    remedy: 'say one of these with --ready',
  })
}

function splitOnce(text: string): readonly [string, string | undefined] {
  const colon = text.indexOf(':')
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`; an IPv6 address may also stand by itself. */
function hostAndPort(text: string, node: string): Readonly<{ host: string; port: number }> {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text)
  const plain = /^([^:]+)(?::(\d+))?$/.exec(text)
  const match = bracketed ?? plain
  if (match === null) return { host: text, port: 22 }
  const port = match[2] === undefined ? 22 : Number(match[2])
  if (port < 1 || port > 65_535) {
    throw raise('READY_UNCLEAR', { node, why: `${port} is no port`, remedy: 'say --ready ssh:HOST:PORT' })
  }
  return { host: match[1] ?? text, port }
}
