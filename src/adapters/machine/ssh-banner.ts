import { connect } from 'node:net'

/** Longest identification string of RFC 4253, 4.2, and what a server may say before it. */
const MOST_BYTES = 8192

/** The identification string of an SSH server (`SSH-2.0-OpenSSH_9.2p1`); undefined where none answers in time. */
export function sshBanner(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let heard = ''
    const done = (banner: string | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(banner)
    }
    const timer = setTimeout(() => done(undefined), timeoutMs)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      heard += text
      // A server may say lines of its own before it.
      const banner = /^(SSH-[\x21-\x7E]+[^\r\n]*)\r?\n/m.exec(heard)?.[1]
      if (banner !== undefined) done(banner)
      else if (heard.length > MOST_BYTES) done(undefined)
    })
    socket.once('error', () => done(undefined))
    socket.once('close', () => done(undefined))
  })
}
