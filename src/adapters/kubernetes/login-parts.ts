import { X509Certificate, createPrivateKey } from 'node:crypto'

/** `url` without a slash at its end, and without a login, as errors name it. undefined where the text is no https:// URL. */
export function serverOf(text: unknown): Readonly<{ url: string; hasLogin: boolean }> | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined
  const { protocol, origin, pathname, username, password } = new URL(text)
  if (protocol !== 'https:') return undefined
  return { url: `${origin}${pathname}`.replace(/\/+$/, ''), hasLogin: username !== '' || password !== '' }
}

/** What a header of HTTP takes, in one word. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/** Why a client cannot show this certificate; undefined where it can. */
export function faultOfPair(cert: string, key: string | undefined): string | undefined {
  if (!isCertificate(cert)) return 'its client-certificate is no certificate in PEM'
  if (key === undefined) return 'its user has a client-certificate and no client-key'
  try {
    const isOfIt = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
    return isOfIt ? undefined : 'its client-key does not belong to its client-certificate'
  } catch {
    return 'its client-key is no private key in PEM, or needs a passphrase'
  }
}
