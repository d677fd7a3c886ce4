/** An edge as the layout drew it. */
import type { Edge, EdgeProps } from '@xyflow/react'
import { memo } from 'react'
import type { Point } from './layout'
import { roundedPath } from './paths'

export type ConnectionEdgeType = Edge<{ points: readonly Point[]; connect: boolean; lit: boolean; broken: boolean }, 'line'>

export const ConnectionEdge = memo(function ConnectionEdge({ data }: EdgeProps<ConnectionEdgeType>) {
  if (data === undefined) return null
  const tip = data.points.at(-1)
  return (
    <>
      <path className={`edge${data.connect ? ' connect' : ''}${data.lit ? ' lit' : ''}${data.broken ? ' broken' : ''}`} d={roundedPath(data.points)} />
      {data.connect && tip && <path className="arrow" d={`M${tip.x - 1} ${tip.y}l-7 -4v8z`} />}
    </>
  )
})
