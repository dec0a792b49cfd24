import type { Packed } from './unwrap.ts'

/** What a person types to unpack a file, or the member of an archive, to `image.raw`. */
export function unpackCommand({
  name,
  wrapper,
  member,
}: Pick<Packed, 'name' | 'wrapper' | 'member'>): string {
  const file = quoted(name)
  switch (wrapper) {
    case 'tar':
      return member === undefined ? `tar -tvf ${file}` : `tar -xOf ${file} ${quoted(member)} > image.raw`
    case 'zip':
      return member === undefined ? `unzip -l ${file}` : `unzip -p ${file} ${quoted(member)} > image.raw`
    case 'zstd':
      return `zstd -dc --long=31 ${file} > image.raw`
    case 'gzip':
    case 'xz':
    case 'bzip2':
    case 'lz4':
    case 'lzop':
      return `${wrapper} -dc ${file} > image.raw`
  }
}

function quoted(text: string): string {
  return /^[\w./:+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
