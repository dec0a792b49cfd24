/** Where an image is fetched from, and what may be said of it. */
export type Address = Readonly<{
  /** Without user and password. */
  url: string
  /** For people: without the query, too, in which signatures stand. */
  name: string
  authorization: string | undefined
}>

export function isHttp(location: string): boolean {
  return /^https?:\/\//i.test(location)
}

/** Takes secrets out of an address. Throws TypeError where it is no URL. */
export function parseAddress(location: string): Address {
  const url = new URL(location)
  const { username, password } = url
  url.username = ''
  url.password = ''
  url.hash = ''
  const plain = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  return {
    url: url.href,
    name: `${url.origin}${url.pathname}`,
    authorization: username === '' && password === '' ? undefined : `Basic ${plain.toString('base64')}`,
  }
}

/** The same image where a redirection led to. Another origin does not get the password. */
export function redirected(address: Address, url: string): Address {
  if (url === '' || url === address.url) return address
  const sameOrigin = new URL(url).origin === new URL(address.url).origin
  return { ...address, url, authorization: sameOrigin ? address.authorization : undefined }
}
