import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { raise } from '../errors.ts'
import { labPath } from '../paths.ts'

const PARTS = ['ansible/library/kolla_container.py', 'ansible/roles/nova-cell', 'kolla_ansible']

/** Whether the folder that `kollaSource` gives is there. */
export function hasKollaSource(): boolean {
  return PARTS.every((path) => existsSync(join(sourceFolder(), path)))
}

/**
 * The folder with Kolla-Ansible's source, which is not part of this repository: ANNEAL_KOLLA_ANSIBLE, or `kolla-ansible` in the
 * test bed's own. Throws LAB_KOLLA_MISSING, which says what to fetch.
 */
export function kollaSource(): string {
  const folder = sourceFolder()
  for (const path of PARTS)
    if (!existsSync(join(folder, path))) throw raise('LAB_KOLLA_MISSING', { folder, path })
  return folder
}

function sourceFolder(): string {
  return resolve(process.env['ANNEAL_KOLLA_ANSIBLE'] ?? labPath('kolla-ansible'))
}
