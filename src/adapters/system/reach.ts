import { connect } from 'node:net'
import type { NetConnectOpts } from 'node:net'
import type { Reach } from '../../ports/index.ts'

export const systemReach: Reach = {
  unix: (path, timeoutMs) => listens({ path }, timeoutMs),
  tcp: (host, port, timeoutMs) => listens({ host, port }, timeoutMs),
}

function listens(where: NetConnectOpts, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where)
    const done = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(timeoutMs, () => done(false))
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
