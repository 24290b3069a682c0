"""The example: Huyện Hồng Ngự in August 2020, with invented people and simulated carriers."""
