/**
 * An absolute host path of what a Compose file names, without `.`, `..`, doubled or trailing slashes.
 * `base` is the directory of the file. undefined where the path climbs above the root or is empty.
 */
export function resolvePath(base: string, path: string): string | undefined {
  if (path === '' || path.includes('\0')) return undefined
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return `/${parts.join('/')}`
}

/** An absolute path in a container in its one spelling; undefined where it is not absolute. */
export function containerPath(path: string): string | undefined {
  return path.startsWith('/') ? resolvePath('/', path) : undefined
}

/** Whether `path` is `root` or lies below it. */
export function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root === '/' ? '/' : `${root}/`)
}
