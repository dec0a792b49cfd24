import { fromBytes } from '../../bytes/index.ts'
import type {
  DirectoryEntry,
  FileSystem,
  FileSystemFacts,
  NodeId,
  NodeKind,
  NodeStat,
} from '../../formats/filesystem/index.ts'

/** A file system for tests, from a list of absolute paths: text or bytes for a file, `link` for a symbolic link. */
export type Tree = Readonly<
  Record<string, string | Uint8Array | Readonly<{ link: string }> | Readonly<{ directory: true }>>
>

export type TreeFacts = Partial<
  Pick<FileSystemFacts, 'type' | 'label' | 'uuid' | 'clean' | 'sectorSizeBytes'>
> &
  Readonly<{
    /** Directories that are subvolumes; the top level is added. */
    subvolumes?: readonly Readonly<{ path: string; isDefault?: boolean; isReadOnly?: boolean }>[]
  }>

type TreeNode = {
  id: NodeId
  kind: NodeKind
  content: Uint8Array
  target: string
  children: Map<string, TreeNode>
}

/** Directories on the way to a path need not be listed. */
export function treeFileSystem(tree: Tree, { subvolumes: named, ...facts }: TreeFacts = {}): FileSystem {
  const nodes = new Map<NodeId, TreeNode>()
  const add = (kind: NodeKind): TreeNode => {
    const node = {
      id: BigInt(nodes.size + 2),
      kind,
      content: new Uint8Array(0),
      target: '',
      children: new Map(),
    }
    nodes.set(node.id, node)
    return node
  }
  const root = add('directory')
  for (const [path, value] of Object.entries(tree)) {
    const parts = path.split('/').filter((part) => part !== '')
    const name = parts.pop()
    if (name === undefined) continue
    let directory = root
    for (const part of parts) {
      const next = directory.children.get(part) ?? add('directory')
      directory.children.set(part, next)
      directory = next
    }
    const isDirectory = typeof value === 'object' && 'directory' in value
    const isLink = typeof value === 'object' && 'link' in value
    const node = directory.children.get(name) ?? add(isLink ? 'symlink' : isDirectory ? 'directory' : 'file')
    if (typeof value === 'string') node.content = new TextEncoder().encode(value)
    else if (value instanceof Uint8Array) node.content = value
    else if ('link' in value) node.target = value.link
    directory.children.set(name, node)
  }

  const nodeOf = (id: NodeId): TreeNode => {
    const node = nodes.get(id)
    if (node === undefined) throw new RangeError(`no node ${id}`)
    return node
  }
  const directoryOf = (id: NodeId): TreeNode => {
    const node = nodeOf(id)
    if (node.kind !== 'directory') throw new TypeError(`node ${id} is a ${node.kind}`)
    return node
  }
  const entryOf = (name: string, { id, kind }: TreeNode): DirectoryEntry => ({
    name,
    nameBytes: new TextEncoder().encode(name),
    id,
    kind,
  })
  return {
    facts: {
      type: 'ext4',
      label: '',
      uuid: '00000000-0000-4000-8000-000000000000',
      blockSizeBytes: 4096,
      sectorSizeBytes: 4096,
      sizeBytes: 1 << 20,
      freeBytes: 1 << 19,
      features: [],
      clean: true,
      ...facts,
    },
    warnings: [],
    root: root.id,
    ...(named && { subvolumes: subvolumesOf(root, named) }),
    async stat(id) {
      return statOf(nodeOf(id))
    },
    async *list(id) {
      for (const [name, node] of directoryOf(id).children) yield entryOf(name, node)
    },
    async lookup(id, name) {
      const node = directoryOf(id).children.get(name)
      return node === undefined ? undefined : entryOf(name, node)
    },
    async readLink(id) {
      return nodeOf(id).target
    },
    async xattrs() {
      return []
    },
    async open(id) {
      const { kind, content } = nodeOf(id)
      if (kind !== 'file') throw new TypeError(`node ${id} is a ${kind}`)
      return fromBytes(content, `node ${id}`)
    },
    async *ranges(id) {
      const { content } = nodeOf(id)
      if (content.length > 0) yield { fileOffsetBytes: 0, lengthBytes: content.length, kind: 'inline' }
    },
    async planSize() {
      return { refusal: 'it is on no disk' }
    },
    async *allocation() {
      yield { offsetBytes: 0, lengthBytes: 1 << 20, kind: 'data' }
    },
  }
}

function subvolumesOf(
  root: TreeNode,
  named: NonNullable<TreeFacts['subvolumes']>,
): NonNullable<FileSystem['subvolumes']> {
  const all = named.map(({ path, isDefault = false, isReadOnly = false }, index) => {
    const node = path
      .split('/')
      .filter((part) => part !== '')
      .reduce<TreeNode | undefined>((at, part) => at?.children.get(part), root)
    if (node === undefined) throw new RangeError(`no directory ${path}`)
    return { id: 256 + index, path, root: node.id, isDefault, isReadOnly }
  })
  const isDefault = !all.some((one) => one.isDefault)
  return [{ id: 5, path: '/', root: root.id, isDefault, isReadOnly: false }, ...all]
}

function statOf(node: TreeNode): NodeStat {
  const sizeBytes = node.kind === 'symlink' ? node.target.length : node.content.length
  return {
    id: node.id,
    kind: node.kind,
    sizeBytes,
    mode: node.kind === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    links: 1,
    modifiedNs: 0n,
    hasXattrs: false,
    immutable: false,
  }
}
