import { expandSlice } from '../containers/index.ts'

/**
 * The cgroup of a container, one path below every hierarchy's root. containerd writes a path into the OCI spec, or for
 * parents that are slices `SLICE:PREFIX:NAME`, from which runc and crun make a scope (runc's docs/systemd.md).
 */
export function cgroupOfSpec(cgroupsPath: string | undefined): string | undefined {
  if (cgroupsPath === undefined || cgroupsPath === '') return undefined
  const [slice, prefix, name] = cgroupsPath.split(':')
  if (name === undefined) return absolute(cgroupsPath)
  return `${expandSlice(slice === '' || slice === undefined ? 'system.slice' : slice)}/${prefix}-${name}.scope`
}

/**
 * The cgroup of a whole pod, which the kubelet makes and removes. It gives a path, or with the systemd driver a path whose
 * last part is the slice.
 */
export function podCgroup(parent: string | undefined): string | undefined {
  const last = parent?.split('/').findLast((part) => part !== '')
  if (parent === undefined || last === undefined) return undefined
  return last.endsWith('.slice') ? expandSlice(last) : absolute(parent)
}

function absolute(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`
}
