import { X509Certificate, createHash, createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { raise } from './errors.ts'

export type TlsIdentity = Readonly<{
  /** PEM: the certificate, and those between it and its authority. */
  certificate: string
  key: string
  /** `sha256//…`: digest of the public key, as curl and wget pin it. */
  pin: string
}>

/** Reads a certificate and its key from PEM files. Throws TLS_FILES_INVALID; the key is never in the error. */
export function readTls(files: Readonly<{ certificate: string; key: string }>): TlsIdentity {
  const invalid = (why: string, cause?: unknown): Error =>
    raise('TLS_FILES_INVALID', { ...files, why }, cause)
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      throw invalid((error as Error).message, error)
    }
  }
  const [certificate, key] = [read(files.certificate), read(files.key)]
  try {
    const own = new X509Certificate(certificate)
    if (!own.checkPrivateKey(createPrivateKey(key))) throw invalid('the key is not that of the certificate')
    createSecureContext({ cert: certificate, key })
    const spki = own.publicKey.export({ type: 'spki', format: 'der' })
    return { certificate, key, pin: `sha256//${createHash('sha256').update(spki).digest('base64')}` }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (code === 'TLS_FILES_INVALID') throw error
    throw invalid(`they are no PEM files of a certificate and a key: ${message}`)
  }
}
