import { copyFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitForLibvirt } from '../by-hand.ts'
import type { ExecOptions } from '../compute-host.ts'
import { Host } from '../host.ts'
import type { HostSpec } from '../host-arguments.ts'
import { imageReference } from '../image-recipe.ts'
import { computeServices, startControl } from '../openstack.ts'
import { preparation } from '../prepare-host.ts'
import type { NestedEngine } from '../seed.ts'
import { KOLLA_TAGS, globals, kollaFiles, kollaImage } from './kolla-settings.ts'
import { kollaSource } from './kolla-source.ts'

const SOURCE = '/opt/kolla-ansible'
const PARTS = ['ansible', 'kolla_ansible'] as const

/** Where each engine keeps the content of named volumes, from /var/lib. */
const VOLUMES: Readonly<Record<NestedEngine, string>> = {
  docker: 'docker/volumes',
  podman: 'containers/storage/volumes',
}

export type PlayOptions = Readonly<{
  /** `kolla_action`: what an operator called, as `kolla-ansible deploy` and `upgrade`. */
  action: 'deploy' | 'upgrade' | 'reconfigure'
  /** Which images the settings name. */
  tag: keyof typeof KOLLA_TAGS
}>

/** A compute node that Kolla-Ansible's own roles and module deploy, on a host of the test bed. */
export class KollaNode {
  readonly host: Host
  readonly engine: NestedEngine

  private constructor(host: Host, engine: NestedEngine) {
    this.host = host
    this.engine = engine
  }

  /** A host with Ansible and Kolla's source, its images and the control plane; Kolla has not run yet. Throws LAB_KOLLA_MISSING. */
  static async up(
    { name, suite, cgroups }: Pick<HostSpec, 'name' | 'suite' | 'cgroups'>,
    engine: NestedEngine,
  ): Promise<KollaNode> {
    const source = kollaSource()
    const images = [...new Set(Object.values(KOLLA_TAGS).flatMap((tag) => Object.values(tag)))]
    const host = await Host.up({
      name,
      ...(suite === undefined ? {} : { suite }),
      ...(cgroups === undefined ? {} : { cgroups }),
      engine,
      init: 'systemd',
      kolla: true,
      images: [...images, 'control:bookworm'],
    })
    const node = new KollaNode(host, engine)
    const target = await host.path(SOURCE)
    for (const part of PARTS) cpSync(join(source, part), join(target, part), { recursive: true })
    copyFileSync(join(import.meta.dirname, 'containers.yml'), join(target, 'ansible/anneal-lab.yml'))
    await node.#nameImages()
    for (const [path, text] of Object.entries(kollaFiles()))
      await host.sh(`mkdir -p "$(dirname ${path})"; cat >${path}`, { input: text })
    await host.sh('systemctl daemon-reload; systemctl enable --now shared-mounts.service')
    // Guests of the test bed lie in /var/lib/nova of the host; Kolla's are in a volume.
    await host.sh(`rm -rf /var/lib/nova; ln -s ${VOLUMES[engine]}/nova_compute/_data /var/lib/nova`)
    await startControl(host, { engine })
    return node
  }

  async #nameImages(): Promise<void> {
    for (const [tag, images] of Object.entries(KOLLA_TAGS))
      for (const [name, image] of Object.entries(images))
        await this.host.must([this.engine, 'tag', imageReference(image), kollaImage(name, tag)])
  }

  /** What `kolla-ansible ACTION` does with the containers; the output of Ansible and its exit code. */
  async play(
    { action, tag }: PlayOptions,
    options: ExecOptions = {},
  ): Promise<{ exitCode: number; output: string }> {
    await this.host.sh('cat >/etc/kolla/globals.yml', { input: globals(this.engine, tag) })
    const argv = [
      'ansible-playbook',
      // Its host is the first of each group, whom Kolla asks for all.
      '--inventory=/etc/kolla/inventory',
      `--inventory=${SOURCE}/ansible/inventory/multinode`,
      '--limit=node',
      '--extra-vars=@/etc/kolla/globals.yml',
      `--extra-vars=CONFIG_DIR=/etc/kolla kolla_action=${action}`,
      `${SOURCE}/ansible/anneal-lab.yml`,
    ]
    const { exitCode, stdout, stderr } = await this.host.exec(argv, {
      timeoutMs: 900_000 * this.host.patience,
      ...options,
      env: { PYTHONPATH: SOURCE, ANSIBLE_NOCOLOR: '1', LANG: 'C.UTF-8', ...options.env },
    })
    return { exitCode, output: `${stdout}${stderr}` }
  }

  /** The first deployment: the node's containers run, each by its unit. */
  async deploy(): Promise<void> {
    const { exitCode, output } = await this.play({ action: 'deploy', tag: 'one' })
    if (exitCode !== 0) throw new Error(`Kolla’s roles ended with ${exitCode}:\n${output}`)
    await this.host.sh(preparation(this.host.spec))
    await waitForLibvirt(this.host, 'nova_libvirt', this.engine)
  }

  /** Id of an image by Kolla's name for it. */
  async imageId(image: string, tag: keyof typeof KOLLA_TAGS): Promise<string> {
    const argv = [this.engine, 'image', 'inspect', '--format', '{{.Id}}', kollaImage(image, tag)]
    const id = (await this.host.must(argv)).trim()
    return id.startsWith('sha256:') ? id : `sha256:${id}`
  }

  /** Waits until nova-compute, enabled, has reported twice from now on: it does neither without libvirt. */
  async novaIsUp(): Promise<void> {
    const deadline = Date.now() + 150_000 * this.host.patience
    let first: number | undefined
    for (;;) {
      // The data base is SQLite: it may be locked at that moment.
      const [service] = await computeServices(this.host, this.engine).catch(() => [])
      first ??= service?.report_count
      if (service?.disabled === 0 && service.report_count >= (first ?? 0) + 2) return
      if (Date.now() > deadline) throw new Error(`nova-compute is not up: ${JSON.stringify(service)}`)
      await sleep(1000)
    }
  }
}
