import { readTls } from './tls.ts'
import type { TlsIdentity } from './tls.ts'

export type TlsFiles = Readonly<{ certificate: string; key: string }>

type WatchOptions = Readonly<{
  everyMs: number
  /** The files hold another certificate, whole and with its key. */
  renewed: (identity: TlsIdentity) => void
  /** The files hold none: `why` is the message of TLS_FILES_INVALID. Told once for each reason. */
  broken: (why: string) => void
}>

/**
 * Looks at the files of a certificate again and again, until it is disposed of. Who renews a certificate writes two files, one
 * after the other: only what is broken at two looks in a row is told.
 */
export function watchTls(files: TlsFiles, first: TlsIdentity, options: WatchOptions): Disposable {
  let known = first
  let reason = ''
  let told = ''
  const look = (): void => {
    let found: TlsIdentity
    try {
      found = readTls(files)
    } catch (error) {
      const why = (error as Error).message
      if (why === reason && why !== told) {
        told = why
        options.broken(why)
      }
      reason = why
      return
    }
    reason = told = ''
    if (found.certificate === known.certificate && found.key === known.key) return
    known = found
    options.renewed(found)
  }
  const timer = setInterval(look, options.everyMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
