/** Which GRUB an image carries: they read one and the same configuration differently. */
export type GrubKind = 'upstream' | 'upstream-blsuki' | 'fedora' | 'suse'

export type GrubDialect = Readonly<{
  kind: GrubKind
  /** How `default` and `fallback` name entries. */
  menus: 'upstream' | 'fedora'
  /** A menu within a menu sees every variable, not only those that are exported. */
  inheritsAll: boolean
  keepsDefaultInSubmenus: boolean
  keepsHexEscapes: boolean
  hasIncrement: boolean
  /** How `blscfg` works; `none`: there is no such command. */
  bls: 'none' | 'fedora' | 'blsuki'
}>

/** Fedora's by the branches of rhboot/grub2; upstream's by its master. SUSE's `blscfg` is Fedora's; the rest is upstream. */
export function dialectOf(kind: GrubKind): GrubDialect {
  const isFedora = kind === 'fedora'
  return {
    kind,
    menus: isFedora ? 'fedora' : 'upstream',
    inheritsAll: isFedora,
    keepsDefaultInSubmenus: isFedora,
    keepsHexEscapes: isFedora,
    hasIncrement: isFedora,
    bls: kind === 'upstream' ? 'none' : kind === 'upstream-blsuki' ? 'blsuki' : 'fedora',
  }
}
