/** os-release(5): shell assignments without expansion. */
export type OsRelease = Readonly<{
  id: string
  /** `ID_LIKE`, a word each. */
  idLike: readonly string[]
  name: string
  version: string
  versionId: string
  prettyName: string
  variantId: string
  /** `OSTREE_VERSION`, or `IMAGE_VERSION` where that is absent. */
  imageVersion: string
}>

export function parseOsRelease(text: string): OsRelease {
  const of = readAssignments(text)
  return {
    id: of('ID') || 'linux',
    idLike: of('ID_LIKE')
      .split(/\s+/)
      .filter((one) => one !== ''),
    name: of('NAME') || 'Linux',
    version: of('VERSION'),
    versionId: of('VERSION_ID'),
    prettyName: of('PRETTY_NAME') || of('NAME') || 'Linux',
    variantId: of('VARIANT_ID'),
    imageVersion: of('OSTREE_VERSION') || of('IMAGE_VERSION'),
  }
}

/** What a key stands for; '' where it is not there. */
export function readAssignments(text: string): (key: string) => string {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim()) ?? []
    if (key !== undefined && value !== undefined) values.set(key, unquote(value.trim()))
  }
  return (key) => values.get(key) ?? ''
}

function unquote(value: string): string {
  const [, single] = /^'([^']*)'$/.exec(value) ?? []
  if (single !== undefined) return single
  const [, double] = /^"(.*)"$/.exec(value) ?? []
  return (double ?? value).replaceAll(/\\(["$`\\])/g, '$1')
}
