import { X509Certificate } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'

/**
 * Connects to who shows exactly this certificate (PEM), before a byte is sent. Its dates do not count: the clock of a machine that
 * has just booted for the first time may say anything, and the certificate is made anew at each boot.
 */
export function pinnedConnector(certificate: string, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, rejectUnauthorized: false, allowH2: false })
  return (options, done) => {
    connect(options, (error, socket) => {
      if (error !== null) return done(error, null)
      const problem = wrongPeer(socket, certificate)
      if (problem === undefined) return done(null, socket)
      socket.destroy()
      done(new Error(problem), null)
    })
  }
}

function wrongPeer(socket: unknown, certificate: string): string | undefined {
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  try {
    const isSame = shown?.raw.equals(new X509Certificate(certificate).raw) === true
    return isSame ? undefined : 'it shows another certificate than the one of its heartbeat'
  } catch {
    return 'the certificate of its heartbeat cannot be read'
  }
}
