import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hierarchies, unmountBelow } from '../engine.ts'
import type { Containerd } from './containerd.ts'

export type KubeletOptions = Readonly<{
  program: string
  /** Made, and removed at the end. */
  directory: string
  containerd: Containerd
  /** How it reaches an apiserver. Without it the kubelet stands alone, and its pods are files. */
  kubeconfig?: string
}>

/** A kubelet whose pods are those of one containerd. It runs in the namespaces that for-kubelet.sh was called in. */
export type Kubelet = Readonly<{
  nodeName: string
  log: string
  /** Path below each hierarchy’s root of the pods of the lowest class (BestEffort). */
  podsCgroup: string
  /** A pod without an apiserver: it is there while its file is. */
  addPod: (name: string, spec: Readonly<Record<string, unknown>>) => void
  removePod: (name: string) => void
  close: () => Promise<void>
}>

const READY_MS = 60_000

const HEALTH = 'http://127.0.0.1:10248/healthz'

export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { directory, containerd } = options
  const nodeName = 'node1'
  const manifests = join(directory, 'manifests')
  mkdirSync(manifests, { recursive: true })
  const root = `/${containerd.group}`
  makeGroups(root)
  const configuration = join(directory, 'kubelet.json')
  writeFileSync(configuration, JSON.stringify(configurationOf(manifests, root)))
  const log = join(directory, 'kubelet.log')
  const output = openSync(log, 'a')
  const remote = `unix://${containerd.socket}`
  const argv = [
    `--config=${configuration}`,
    `--root-dir=${join(directory, 'root')}`,
    `--cert-dir=${join(directory, 'pki')}`,
    '--container-runtime=remote',
    `--container-runtime-endpoint=${remote}`,
    `--image-service-endpoint=${remote}`,
    `--hostname-override=${nodeName}`,
    '--node-ip=192.0.2.1',
    '--v=2',
    ...(options.kubeconfig === undefined ? [] : [`--kubeconfig=${options.kubeconfig}`]),
  ]
  const daemon = spawn(options.program, argv, { stdio: ['ignore', output, output] })
  const state: { ended?: string } = {}
  daemon.on('error', (error) => (state.ended = error.message))
  daemon.on('exit', (code) => (state.ended = `the kubelet exited with ${code ?? 'a signal'}`))
  const close = async (): Promise<void> => {
    daemon.kill('SIGKILL')
    while (state.ended === undefined) await sleep(20)
    await unmountBelow(directory)
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  const until = performance.now() + READY_MS
  while (!(await answers(HEALTH))) {
    if (state.ended === undefined && performance.now() < until) {
      await sleep(100)
      continue
    }
    const why = state.ended ?? 'the kubelet does not answer'
    const text = readFileSync(log, 'utf8')
    await close()
    // Its last words begin with an F, before the state of every goroutine.
    throw new Error(`${why}: ${/^F.*$/m.exec(text)?.[0] ?? text.slice(-3000)}`)
  }
  const fileOf = (name: string) => join(manifests, `${name}.json`)
  return {
    nodeName,
    log,
    podsCgroup: `${root}/kubepods/besteffort`,
    addPod(name, spec) {
      const metadata = { name, namespace: 'openstack' }
      writeFileSync(fileOf(name), JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }))
    },
    removePod: (name) => rmSync(fileOf(name)),
    close,
  }
}

function configurationOf(manifests: string, cgroupRoot: string): Readonly<Record<string, unknown>> {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    staticPodPath: manifests,
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    failSwapOn: false,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    address: '127.0.0.1',
    makeIPTablesUtilChains: false,
    resolvConf: '',
    // The disk and the memory of a test machine are not the kubelet's to judge.
    evictionHard: { 'memory.available': '1Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    syncFrequency: '5s',
    fileCheckFrequency: '1s',
  }
}

/** It takes a root for its pods that is there in every hierarchy. */
function makeGroups(path: string): void {
  for (const hierarchy of hierarchies()) {
    const group = join(hierarchy, path)
    mkdirSync(group, { recursive: true })
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      try {
        const value = readFileSync(join(hierarchy, file), 'utf8')
        if (readFileSync(join(group, file), 'utf8').trim() === '') writeFileSync(join(group, file), value)
      } catch {
        // A hierarchy without cpuset.
      }
    }
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
