import { readNamespace, readProcLines } from './proc-files.ts'

/** Names of Unix sockets by inode, for each network namespace. */
export type UnixSockets = Map<number, ReadonlyMap<number, string>>

/**
 * The sockets of a process's network namespace that have a name (net/unix/af_unix.c, `unix_seq_show`): those that were
 * bound, and the accepted ends of connections to them. A client's end has none.
 */
export function unixSocketsOf(processDir: string, cache: UnixSockets): ReadonlyMap<number, string> {
  const namespace = readNamespace(`${processDir}/ns/net`) ?? 0
  const known = cache.get(namespace)
  if (known !== undefined) return known
  const named = readProcLines(`${processDir}/net/unix`, (line) => line.includes(' /')) ?? []
  const sockets = parseUnixSockets(named.join('\n'))
  cache.set(namespace, sockets)
  return sockets
}

/** `Num: RefCount Protocol Flags Type St Inode Path`; a path may hold spaces, and `@` begins an abstract one. */
export function parseUnixSockets(text: string): ReadonlyMap<number, string> {
  const sockets = new Map<number, string>()
  for (const line of text.split('\n')) {
    const [, inode, path] = /^[0-9a-f]+: (?:[0-9A-F]+ ){5}\s*(\d+) (\/.*)$/i.exec(line) ?? []
    if (inode !== undefined && path !== undefined) sockets.set(Number(inode), path)
  }
  return sockets
}
