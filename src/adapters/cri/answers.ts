/**
 * What containerd answers, as far as Anneal reads it. The members of `info` are JSON texts that the CRI leaves to the
 * runtime: these are containerd's own, the same from 1.6 to 2.1 (internal/cri/types: `SandboxInfo`, `ContainerInfo`).
 */
export type Version = Readonly<{ runtimeName: string; runtimeVersion: string }>

export type Info = Readonly<{ info?: Readonly<Record<string, string>> }>

export type Metadata = Readonly<{ name?: string; uid?: string; namespace?: string; attempt?: number }>

export type SandboxStatus = Readonly<{
  id: string
  metadata?: Metadata | null
  /** 0 ready, 1 not ready. */
  state: number
  /** Nanoseconds since the epoch; 0 where it never was. */
  createdAt: number
  labels?: Readonly<Record<string, string>>
}>

export type ContainerStatus = Readonly<{
  id: string
  metadata?: Metadata | null
  /** 0 created, 1 running, 2 exited, 3 unknown. */
  state: number
  startedAt: number
  exitCode: number
  image?: Readonly<{ image?: string }> | null
  /** Digest in a registry (`NAME@sha256:…`), or the image's own where it came from none. */
  imageRef: string
  labels?: Readonly<Record<string, string>>
}>

type NamespaceOptions = Readonly<{ network?: number; pid?: number }>

/** `info.info` of a sandbox or of a container. */
export type Details = Readonly<{
  pid?: number
  image?: string
  runtimeType?: string
  runtimeOptions?: Readonly<Record<string, unknown>> | null
  config?: Readonly<{
    linux?: Readonly<{
      cgroup_parent?: string
      security_context?: Readonly<{ namespace_options?: NamespaceOptions; privileged?: boolean }>
    }>
    mounts?: readonly Readonly<{ container_path?: string; host_path?: string; readonly?: boolean }>[]
  }>
  runtimeSpec?: Readonly<{
    process?: Readonly<{ args?: readonly string[]; env?: readonly string[] }>
    linux?: Readonly<{
      cgroupsPath?: string
      namespaces?: readonly Readonly<{ type: string; path?: string }>[]
    }>
  }> | null
}>
