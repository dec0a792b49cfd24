import { planted } from './bug.ts'

export const target = planted('crash')
