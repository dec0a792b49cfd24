import { open, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import type { NetConnectOpts, Socket } from 'node:net'
import type { MachineConsole } from '../../ports/index.ts'
import { raise } from './errors.ts'

/** How much is read from a file, or kept of a socket, at a time. */
const MOST_BYTES = 1024 * 1024

/** Opens `file:PATH`, `unix:PATH` or `tcp:HOST:PORT`. Throws CONSOLE_UNREADABLE. */
export async function openConsole(source: string, from: number | 'now'): Promise<MachineConsole> {
  const colon = source.indexOf(':')
  const [kind, rest] = [source.slice(0, colon), source.slice(colon + 1)]
  if (rest === '' || colon === -1) throw raise('CONSOLE_UNREADABLE', { source, why: 'it says no place' })
  switch (kind) {
    case 'file':
      return fileConsole(source, rest, from)
    case 'unix':
      return socketConsole({ path: rest })
    case 'tcp': {
      const match = /^(?:\/\/)?\[?([^\]]+?)\]?:(\d+)$/.exec(rest)
      if (match === null) throw raise('CONSOLE_UNREADABLE', { source, why: 'it says no host and port' })
      return socketConsole({ host: match[1] ?? '', port: Number(match[2]) })
    }
    default:
      throw raise('CONSOLE_UNREADABLE', { source, why: `"${kind}" is no kind of console` })
  }
}

/** A log that is appended to. One that became shorter was begun anew. */
async function fileConsole(source: string, path: string, from: number | 'now'): Promise<MachineConsole> {
  const size = async (): Promise<number> => {
    try {
      return (await stat(path)).size
    } catch (error) {
      // The log is made when the machine is first switched on.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw raise('CONSOLE_UNREADABLE', { source, why: (error as Error).message }, error)
    }
  }
  const position = from === 'now' ? await size() : from
  let at = position
  return {
    position,
    async read() {
      const end = await size()
      if (end < at) at = 0
      if (end === at) return ''
      const file = await open(path)
      try {
        const buffer = Buffer.alloc(Math.min(end - at, MOST_BYTES))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
        at += bytesRead
        return buffer.toString('latin1', 0, bytesRead)
      } finally {
        await file.close()
      }
    },
    close: () => Promise.resolve(),
  }
}

/** A socket is there only while the machine is on: it is connected again at each read until then. */
function socketConsole(where: NetConnectOpts): MachineConsole {
  let socket: Socket | undefined
  let heard = ''
  const listen = (): void => {
    const made = connect(where)
    made.setEncoding('latin1')
    made.on('data', (text: string) => {
      heard = (heard + text).slice(-MOST_BYTES)
    })
    made.on('error', () => undefined)
    made.on('close', () => {
      if (socket === made) socket = undefined
    })
    socket = made
  }
  listen()
  return {
    position: undefined,
    read() {
      if (socket === undefined) listen()
      const text = heard
      heard = ''
      return Promise.resolve(text)
    },
    close() {
      const made = socket
      socket = undefined
      made?.destroy()
      return Promise.resolve()
    },
  }
}
