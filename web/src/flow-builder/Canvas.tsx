/** The canvas: pans, zooms, selects; draws what the layout placed. Only what is visible is rendered. */
import '@xyflow/react/dist/base.css'
import './canvas.css'
import { Background, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useViewport } from '@xyflow/react'
import { IconMaximize, IconMinus, IconPlus } from '@tabler/icons-react'
import { useEffect, type ReactNode } from 'react'
import { IconButton } from '../ui/controls'
import { ConnectionEdge, type ConnectionEdgeType } from './ConnectionEdge'
import type { CanvasNode } from './elements'
import { EndNode, LabelNode, StartNode, StepNode } from './StepNode'

const NODE_TYPES = { step: StepNode, start: StartNode, end: EndNode, label: LabelNode }
const EDGE_TYPES = { line: ConnectionEdge }
const FIT = { padding: 0.12, maxZoom: 1, minZoom: 0.35 }

export interface CanvasProps {
  /** The flow's id: another one is fitted into view. */
  flow: string
  nodes: CanvasNode[]
  edges: ConnectionEdgeType[]
  onSelect: (key: string | null) => void
  /** The step to keep in sight, as while a conversation is followed. */
  follow: string | null
  /** Further tools beside the zoom. */
  children?: ReactNode
}

export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider key={props.flow}>
      <div className="canvas">
        <Board {...props} />
      </div>
    </ReactFlowProvider>
  )
}

function Board({ nodes, edges, onSelect, follow, children }: CanvasProps) {
  useFollow(follow, nodes)
  return (
    <>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodeClick={(_event, node) => node.type === 'step' && onSelect(node.id)}
        onPaneClick={() => onSelect(null)}
        onSelectionChange={({ nodes: chosen }) => chosen[0]?.type === 'step' && onSelect(chosen[0].id)}
        fitView
        fitViewOptions={FIT}
        minZoom={0.15}
        maxZoom={2}
        panOnScroll
        zoomOnDoubleClick={false}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements
      >
        <Background gap={20} size={1.5} color="var(--canvas-dot)" />
      </ReactFlow>
      <div className="cv-tools">
        <MiniMap pannable ariaLabel="Overview of the flow" nodeColor={colourOf} nodeStrokeWidth={0} />
        <div className="cv-stack">
          {children}
          <Zoom />
        </div>
      </div>
    </>
  )
}

function colourOf(node: { type?: string | undefined; data: Record<string, unknown> }): string {
  if (node.type === 'label') return 'transparent'
  if (node.type !== 'step') return 'var(--end-line)'
  const caption = node.data['caption'] as { kind: string }
  return caption.kind === 'unknown' ? 'var(--end-line)' : `var(--${caption.kind === 'call' ? 'link' : caption.kind}-line)`
}

/** Brings the step that a conversation waits at into the middle, unless motion is unwanted: then it jumps. */
function useFollow(key: string | null, nodes: CanvasNode[]): void {
  const { setCenter, getZoom } = useReactFlow()
  const node = nodes.find(({ id }) => id === key)
  const x = node && node.position.x + (node.width ?? 0) / 2
  const y = node && node.position.y + (node.height ?? 0) / 2
  useEffect(() => {
    if (x === undefined || y === undefined) return
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches
    void setCenter(x, y, { zoom: getZoom(), duration: still ? 0 : 150 })
  }, [x, y, setCenter, getZoom])
}

function Zoom() {
  const { zoomIn, zoomOut, fitView } = useReactFlow()
  const { zoom } = useViewport()
  return (
    <div className="cv-bar">
      <IconButton icon={IconMinus} label="Zoom out" small onClick={() => void zoomOut()} />
      <span className="zoom small">{Math.round(zoom * 100)}%</span>
      <IconButton icon={IconPlus} label="Zoom in" small onClick={() => void zoomIn()} />
      <IconButton icon={IconMaximize} label="Fit the flow" small onClick={() => void fitView(FIT)} />
    </div>
  )
}
