"""Retrieval: documents, chunks, search by words and meaning, and the nearest training rows."""

from __future__ import annotations

from whet.retrieval.bm25 import WordIndex
from whet.retrieval.chunks import Chunk, cut_documents
from whet.retrieval.documents import Document, DocumentFolder, read_documents
from whet.retrieval.embedder import NO_EMBEDDER, Embedder, MiniLM, load_minilm
from whet.retrieval.fusion import fuse_ranks
from whet.retrieval.index import Index, Passage, build_index
from whet.retrieval.measures import mean_reciprocal_rank, recall_at
from whet.retrieval.neighbours import Neighbour, Neighbours
from whet.retrieval.vectors import CachedEmbedder, find_embedder

__all__ = [
    "NO_EMBEDDER",
    "CachedEmbedder",
    "Chunk",
    "Document",
    "DocumentFolder",
    "Embedder",
    "Index",
    "MiniLM",
    "Neighbour",
    "Neighbours",
    "Passage",
    "WordIndex",
    "build_index",
    "cut_documents",
    "find_embedder",
    "fuse_ranks",
    "load_minilm",
    "mean_reciprocal_rank",
    "read_documents",
    "recall_at",
]
