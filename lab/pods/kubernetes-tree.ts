import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dockerEnvironment } from '../engine.ts'
import { guestFiles } from '../guest-files.ts'
import { ensureImages } from '../images.ts'
import { prepare } from '../openstack/prepared.ts'
import { ensureKubernetesPackages } from '../packages.ts'
import { REPOSITORY, labPath } from '../paths.ts'
import { must, say } from '../run.ts'
import { inContainerdTree } from './containerd-tree.ts'
import type { PodCgroups } from './containerd-tree.ts'
import type { Suite } from '../host-arguments.ts'

const HERE = join(REPOSITORY, 'lab/pods')

/** Kubernetes as Debian 12 has its source; no binary package of it has a kubelet. */
export const KUBERNETES_VERSION = '1.20.2'

const PROGRAMS = ['kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const

/** Folder of the programs of Kubernetes: built once, which takes minutes, and kept. */
async function kubernetesPrograms(): Promise<string> {
  await ensureKubernetesPackages()
  const recipe = join(HERE, 'build-kubernetes.sh')
  return prepare({
    name: 'kubernetes',
    inputs: [readFileSync(recipe, 'utf8')],
    async make(work) {
      const begin = performance.now()
      await must('build Kubernetes', [recipe, work])
      say(`built Kubernetes ${KUBERNETES_VERSION} in ${Math.round((performance.now() - begin) / 1000)} s`)
    },
  })
}

/** Where a real libvirt of two versions, and what a guest boots, lie for a program in the tree. */
export type LibvirtFiles = Readonly<{ old: string; next: string; bootSector: string }>

/** Archives of `docker save` of the images of libvirt 9.0 and 11.3, and lab/guest/boot-sector.S; for inKubernetesTree of the same arguments. */
export async function libvirtFiles(suite: Suite, cgroups: PodCgroups): Promise<LibvirtFiles> {
  const folder = labPath('pods', `${suite}-${cgroups}-none`)
  mkdirSync(folder, { recursive: true })
  const images = ['bookworm', 'bookworm-backports'].map((tag) => `localhost/anneal/nova-libvirt:${tag}`)
  await ensureImages(images)
  const files = {
    old: join(folder, 'old.tar'),
    next: join(folder, 'next.tar'),
    bootSector: join(folder, 'boot-sector'),
  }
  for (const [at, archive] of [files.old, files.next].entries()) {
    await must('save an image', ['docker', 'save', '--output', archive, images[at] ?? ''], {
      env: dockerEnvironment(),
    })
  }
  cpSync(join((await guestFiles()).directory, 'boot-sector'), files.bootSector)
  return files
}

export type KubernetesTree = Readonly<{
  /** What to put before a program. */
  entry: readonly string[]
  /** Folder of the programs, and of etcd, as that program sees it. */
  programs: string
}>

/**
 * As inContainerdTree, for programs of Kubernetes: with a network, processes and a UTS of their own. All of them end with the
 * program.
 */
export async function inKubernetesTree(suite: Suite, cgroups: PodCgroups): Promise<KubernetesTree> {
  const built = await kubernetesPrograms()
  const [, ...enter] = await inContainerdTree(suite, cgroups, 'none')
  const programs = labPath('pods', `${suite}-${cgroups}-none`, 'kubernetes')
  mkdirSync(programs, { recursive: true })
  for (const program of PROGRAMS)
    cpSync(join(built, program), join(programs, program), { preserveTimestamps: true })
  if (existsSync('/usr/bin/etcd')) cpSync('/usr/bin/etcd', join(programs, 'etcd'))
  const namespaces = ['--pid', '--fork', '--kill-child', '--net', '--uts']
  const enterAt = enter.indexOf('bash')
  return {
    entry: [
      'unshare',
      ...namespaces,
      ...enter.slice(0, enterAt),
      'bash',
      join(HERE, 'for-kubelet.sh'),
      ...enter.slice(enterAt),
    ],
    programs,
  }
}
