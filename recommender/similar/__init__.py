"""The similar-item engine: recall, ranking, re-ranking (eBay, "Multi-Relevance Ranking Model for
Similar Item Recommendation")."""
